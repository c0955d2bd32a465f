package memory

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
)

func TestWhatCannotFitIsRefusedSayingWhatIsThere(t *testing.T) {
	limit, known := Available()
	if runtime.GOOS == "linux" && (!known || limit.Bytes <= 0) {
		t.Fatalf("available: %+v, %v", limit, known)
	}
	if err := Need("a small thing needs", 1); err != nil {
		t.Error(err)
	}
	err := Need("an atlas needs", math.MaxInt64)
	if !known {
		return
	}
	var little *TooLittle
	if !errors.As(err, &little) || !strings.Contains(err.Error(), "an atlas needs more than 1000 TB") || !strings.Contains(err.Error(), limit.By) {
		t.Errorf("error %v", err)
	}
}

func TestProductsDoNotOverflow(t *testing.T) {
	for _, c := range []struct {
		sizes []int64
		want  int64
	}{
		{nil, 1},
		{[]int64{3, 4, 5}, 60},
		{[]int64{1 << 40, 0, 1 << 40}, 0},
		{[]int64{1 << 40, 1 << 40}, math.MaxInt64},
		{[]int64{1 << 31, 1 << 31, 3, 4}, math.MaxInt64},
	} {
		if got := Product(c.sizes...); got != c.want {
			t.Errorf("product of %v: %d, want %d", c.sizes, got, c.want)
		}
	}
}
