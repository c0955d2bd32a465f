package portable

import (
	"math"

	"csl/internal/kernel"
)

// AdamOf is the set's AdamFunc, Adam if it has none.
func AdamOf(set kernel.Set[float32]) kernel.AdamFunc { return kernel.AdamOf(set, Adam) }

// Adam is an AdamFunc in plain Go. It takes two loops, as one over five slices has more constants than registers. The
// conversions keep the compiler from fusing products and sums where the processor could.
func Adam(s *kernel.AdamStep, w, g, m, v, ema []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	c := *s // registers: the compiler must assume that the slices overlap *s
	for i, x := range w {
		x *= c.Shrink
		d := g[i] + float32(c.L2*x)
		first := float32(c.Beta1*m[i]) + float32(c.Take1*d)
		second := float32(c.Beta2*v[i]) + float32(c.Take2*float32(d*d))
		m[i], v[i] = first, second
		w[i] = x - float32(c.Step*(first/(float32(math.Sqrt(float64(second)))+c.Eps)))
	}
	if len(ema) == 0 {
		return
	}
	ema = ema[:len(w)]
	for i, x := range w {
		ema[i] = float32(c.Keep*ema[i]) + float32(c.Take*x)
	}
}
