package simd

import "csl/internal/kernel"

// See asm.AdamAVX2 and asm.AdamEMAAVX2.
type (
	adamVectors    func(n int, w, g, m, v *float32, shrink, l2, beta1, take1, beta2, take2, step, eps float32)
	adamEMAVectors func(n int, w, g, m, v, ema *float32, shrink, l2, beta1, take1, beta2, take2, step, eps, keep, take float32)
)

// Adam is the AdamFunc of the set.
func (s simdSet) Adam() kernel.AdamFunc { return s.simd.adamStep }

// adamStep is an AdamFunc.
func (s *simd) adamStep(a *kernel.AdamStep, w, g, m, v, ema []float32) {
	n := len(w)
	if n == 0 {
		return
	}
	g, m, v = g[:n], m[:n], v[:n]
	if len(ema) == 0 {
		s.adam(n, &w[0], &g[0], &m[0], &v[0], a.Shrink, a.L2, a.Beta1, a.Take1, a.Beta2, a.Take2, a.Step, a.Eps)
		return
	}
	ema = ema[:n]
	s.adamEMA(n, &w[0], &g[0], &m[0], &v[0], &ema[0], a.Shrink, a.L2, a.Beta1, a.Take1, a.Beta2, a.Take2, a.Step, a.Eps, a.Keep, a.Take)
}
