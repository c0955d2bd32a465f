package kernel

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

// adamSet is a Set with an AdamFunc.
type adamSet interface{ Adam() AdamFunc }

// AdamOf is the set's AdamFunc, that of fallback if it has none.
func AdamOf(set Set[float32], fallback AdamFunc) AdamFunc {
	if s, ok := set.(adamSet); ok {
		return s.Adam()
	}
	return fallback
}
