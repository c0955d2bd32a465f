package loader

import (
	"math"
	"testing"
)

func TestABatchLargerThanTheDataIsOneBatch(t *testing.T) {
	c := drawnConfig(t, drawn{n: 5})
	c.Batch = math.MaxInt
	l := mustLoader(t, c)
	batches, samples := drain(t, l.Epoch(t.Context(), 0, 0))
	if len(batches) != 1 || len(samples) != 5 || l.Batches() != 1 {
		t.Errorf("%d batches of %d images; %d expected", len(batches), len(samples), l.Batches())
	}
}
