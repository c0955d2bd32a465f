package loss

import (
	"math"
	"slices"
	"testing"

	"csl/internal/kernel"
)

// sameAsNumeric compares the gradient of a runner with differences of its loss.
func sameAsNumeric(t *testing.T, name string, r Runner[float64], x, y []float64) {
	t.Helper()
	grad, other := make([]float64, len(x)), make([]float64, len(x))
	want := make([]float64, len(x))
	at := func(i int, v float64) float64 {
		moved := slices.Clone(x)
		moved[i] = v
		return r.Run(nil, moved, y, other).Total
	}
	const h = 1e-5
	for i := range x {
		want[i] = (at(i, x[i]+h) - at(i, x[i]-h)) / (2 * h)
	}
	r.Run(nil, x, y, grad)
	within(t, name, grad, want, 1e-7)
}

// finiteForAnyPool checks that loss and gradient are finite, and the same with and without a pool, as is what course, if
// there is one, records; and that a run does not allocate.
func finiteForAnyPool(t *testing.T, name string, pool *kernel.Pool, r Runner[float32], logits, labels []float32, course *Course) {
	t.Helper()
	if course == nil {
		course = &Course{}
	}
	a, b := make([]float32, len(logits)), make([]float32, len(logits))
	p := r.Run(nil, logits, labels, a)
	turned := slices.Clone(course.Turned)
	q := r.Run(pool, logits, labels, b)
	if p != q || !slices.Equal(a, b) || !slices.Equal(turned, course.Turned) || math.IsNaN(p.Total) || math.IsInf(p.Total, 0) {
		t.Errorf("%s: %+v, %+v", name, p, q)
	}
	for i, g := range a {
		if g-g != 0 {
			t.Errorf("%s: logit %v, label %v has gradient %v", name, logits[i], labels[i], g)
		}
	}
	if n := testing.AllocsPerRun(2, func() { r.Run(pool, logits, labels, a) }); n != 0 {
		t.Errorf("%s: %v allocations per run", name, n)
	}
}
