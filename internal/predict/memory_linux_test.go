package predict

import (
	"errors"
	"testing"

	"csl/internal/memory"
)

func TestImagesThatCannotFitAreRefused(t *testing.T) {
	_, err := New(nil, nil, nil, 1, 1<<30, 1<<30)
	if !errors.As(err, new(*memory.TooLittle)) {
		t.Errorf("err = %v", err)
	}
}
