package kernel

import "math"

// AdamStep are the factors of one step of Adam with decay, as an optimizer derives them from its
// settings and the number of the step. Every operation is rounded to float32, in this order, in every
// implementation, so that all give the same bits:
//
//	x = Shrink*w;  d = g + L2*x
//	m = Beta1*m + Take1*d;  v = Beta2*v + Take2*(d*d)
//	w = x - Step*(m/(sqrt(v) + Eps));  ema = Keep*ema + Take*w
type AdamStep struct {
	Shrink, L2   float32 // decoupled decay (1: none); decay added to the gradient (0: none)
	Beta1, Take1 float32 // first moment; Take1 is 1-Beta1
	Beta2, Take2 float32 // second moment
	Step, Eps    float32 // what the quotient of the moments is times; what is added to the root of the second
	Keep, Take   float32 // moving average
}

// AdamFunc does the step on slices of one length; ema may be empty, which means none. w, m, v and ema
// are changed in place and do not overlap. Elements are independent of each other: cutting the slices
// changes no result. It does not allocate.
type AdamFunc func(s *AdamStep, w, g, m, v, ema []float32)

// adamSet is a Set with an AdamFunc of its own.
type adamSet interface{ adam() AdamFunc }

// AdamOf is the set's AdamFunc, the portable one if it has none.
func AdamOf(set Set[float32]) AdamFunc {
	if s, ok := set.(adamSet); ok {
		return s.adam()
	}
	return adamPortable
}

// adamPortable takes two loops, as one over five slices has more constants than registers. The
// conversions keep the compiler from fusing products and sums where the processor could.
func adamPortable(s *AdamStep, w, g, m, v, ema []float32) {
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
