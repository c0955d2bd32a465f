package plan

import "csl/internal/kernel"

// reflect is the index of the pixel that padding by reflection shows at i of a side of n.
func reflect(i, n int) int {
	if i < 0 {
		return -i
	}
	if i >= n {
		return 2*(n-1) - i
	}
	return i
}

// LineTap is a weighted input line (row or column).
type LineTap struct {
	Line   int     // its index
	Weight float64 // its factor
}

// LineTaps are those that one output line is made of.
type LineTaps []LineTap

func (t LineTaps) add(line int, weight float64) LineTaps {
	for i := range t {
		if t[i].Line == line {
			t[i].Weight += weight
			return t
		}
	}
	return append(t, LineTap{line, weight})
}

// BlurTaps is one dimension of BlurPool over a side of n: for each output line the taps [1 2 1]/4.
func BlurTaps(n int) []LineTaps {
	taps := make([]LineTaps, kernel.Half(n))
	for o := range taps {
		for i, w := range [3]float64{0.25, 0.5, 0.25} {
			taps[o] = taps[o].add(reflect(2*o-1+i, n), w)
		}
	}
	return taps
}

// AverageTaps is one dimension of AvgPool over a side of n.
func AverageTaps(n int) []LineTaps {
	taps := make([]LineTaps, kernel.Half(n))
	for o := range taps {
		lo, hi := 2*o, min(2*o+2, n)
		for i := lo; i < hi; i++ {
			taps[o] = taps[o].add(i, 1/float64(hi-lo))
		}
	}
	return taps
}

// Transpose turns the taps of a filter into those of its gradient, for n input lines.
func Transpose(taps []LineTaps, n int) []LineTaps {
	grad := make([]LineTaps, n)
	for o, ts := range taps {
		for _, t := range ts {
			grad[t.Line] = grad[t.Line].add(o, t.Weight)
		}
	}
	return grad
}
