package loss

import (
	"math"
	"slices"
	"testing"
)

func TestSingleLabelGradientEqualsTheNumericOne(t *testing.T) {
	const rows, classes = 4, 9
	f, _ := sample(9, rows*classes, 2, 0)
	x, targets := widen(f), []int{0, 8, 3, 3}
	for _, o := range []SingleOptions{{0, 0, 0}, {0, 4, 0.1}, {1, 4, 0.1}, {0.5, 1.5, 0.3}, {2, 0.25, 0}} {
		grad, want, losses := make([]float64, len(x)), make([]float64, len(x)), make([]float64, rows)
		sum := func() (s float64) {
			if err := ASLSingleLabel(o, x, targets, losses, grad); err != nil {
				t.Fatal(err)
			}
			for _, v := range losses {
				s += v
			}
			return s
		}
		for i, v := range x {
			const h = 1e-5
			x[i] = v + h
			up := sum()
			x[i] = v - h
			want[i] = (up - sum()) / (2 * h)
			x[i] = v
		}
		sum()
		within(t, "gradient", grad, want, 1e-8)
	}
}

func TestSingleLabelIsFiniteForAnyLogit(t *testing.T) {
	for _, o := range []SingleOptions{{0, 0, 0}, {0, 4, 0.1}, {0.5, 0.5, 0.1}} {
		for _, x := range [][]float32{{1e4, -1e4, 0}, {-1e4, 1e4, 0}, {1e4, 1e4, 1e4}, {20, -20, 17}, {1, 1, 1}} {
			losses, grad := make([]float32, 1), make([]float32, 3)
			if err := ASLSingleLabel(o, x, []int{0}, losses, grad); err != nil {
				t.Fatal(err)
			}
			for _, v := range append(slices.Clone(grad), losses...) {
				if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
					t.Errorf("%+v of %v: loss %v, gradient %v", o, x, losses, grad)
				}
			}
		}
	}
}

func TestSingleLabelNamesWhatDoesNotFit(t *testing.T) {
	x, g, l := make([]float32, 6), make([]float32, 6), make([]float32, 2)
	for name, err := range map[string]error{
		"target 3":    ASLSingleLabel(DefaultSingle(), x, []int{0, 3}, l, g),
		"target -1":   ASLSingleLabel(DefaultSingle(), x, []int{-1, 0}, l, g),
		"no rows":     ASLSingleLabel(DefaultSingle(), x, nil, l, g),
		"few losses":  ASLSingleLabel(DefaultSingle(), x, []int{0, 1}, l[:1], g),
		"gamma -1":    ASLSingleLabel(SingleOptions{GammaNeg: -1}, x, []int{0, 1}, l, g),
		"smoothing 1": ASLSingleLabel(SingleOptions{Smoothing: 1}, x, []int{0, 1}, l, g),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
