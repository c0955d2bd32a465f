package lossgraph

import (
	"math"
	"math/rand/v2"
	"testing"
)

func widen(x []float32) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

// sample makes logits of spread sigma and labels with the given share of unknown cells.
func sample(seed uint64, n int, sigma, unknownShare float64) (logits, labels []float32) {
	r := rand.New(rand.NewPCG(seed, 0x10c5))
	logits, labels = make([]float32, n), make([]float32, n)
	for i := range logits {
		logits[i] = float32(r.NormFloat64() * sigma)
		switch v := r.Float64(); {
		case v < unknownShare:
			labels[i] = -1
		case v < unknownShare+(1-unknownShare)/3:
			labels[i] = 1
		}
	}
	return logits, labels
}

// within checks max|a-b| <= tol * max(1e-3, max|want|).
func within(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	worst, at, top := 0.0, 0, 1e-3
	for i := range got {
		d := math.Abs(got[i] - want[i])
		if d > worst || d != d {
			worst, at = d, i
		}
		top = max(top, math.Abs(want[i]))
	}
	if !(worst <= tol*top) {
		t.Errorf("%s: element %d is %v, want %v", what, at, got[at], want[at])
	}
}
