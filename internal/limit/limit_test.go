package limit

import (
	"math"
	"testing"
)

func TestARangeHasItsNumbersAndNoOthers(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		r       Range
		text    string
		in, out []float64
	}{
		{AtLeast0(), "a number of at least 0", []float64{0, 1e-300, math.MaxFloat64}, []float64{-1e-300, inf, -inf, nan}},
		{Above0(), "a number above 0", []float64{1e-300, 7}, []float64{0, -1, inf, nan}},
		{Below1(), "a number of at least 0 and below 1", []float64{0, 0.5, math.Nextafter(1, 0)}, []float64{1, -0.1, inf, nan}},
		{UpTo(0.9), "a number of at least 0 and at most 0.9", []float64{0, 0.9}, []float64{math.Nextafter(0.9, 1), -1, nan}},
		{Range{High: 1, OpenLow: true, OpenHigh: true}, "a number above 0 and below 1", []float64{0.5}, []float64{0, 1, nan}},
	} {
		if got := c.r.String(); got != c.text {
			t.Errorf("%q, want %q", got, c.text)
		}
		for _, x := range c.in {
			if !c.r.Has(x) {
				t.Errorf("%s: %v is outside", c.text, x)
			}
		}
		for _, x := range c.out {
			if c.r.Has(x) {
				t.Errorf("%s: %v is inside", c.text, x)
			}
		}
	}
}
