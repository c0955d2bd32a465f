package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// NewBNStats sums the differences to the first row and their squares in float64: as the shift lies
// within the data, a mean far larger than the spread does not cancel.
func NewBNStats[T kernel.Float](d kernel.BNStats) kernel.Kernel[T] {
	c := d.C
	return &plan.SumPlan[T]{
		Cut: plan.CutSums(d.Rows, c), Width: 2 * c,
		Add: func(p *plan.SumPlan[T], sums []float64, lo, hi int) {
			z := p.In[0]
			for r := lo; r < hi; r++ {
				addShifted(sums[:c], sums[c:], z[:c], z[r*c:][:c])
			}
		},
		Finish: func(out []T, in [][]T, total []float64) {
			n := float64(d.Rows)
			for i, shift := range in[0][:c] {
				m := total[i] / n
				out[i] = T(float64(shift) + m)
				out[c+i] = T(max(0, total[c+i]/n-m*m))
			}
		},
	}
}

func addShifted[T kernel.Float](s1, s2 []float64, shift, row []T) {
	s1, s2, shift = s1[:len(row)], s2[:len(row)], shift[:len(row)]
	for i, z := range row {
		v := float64(z) - float64(shift[i])
		s1[i] += v
		s2[i] += v * v
	}
}

// NewABN plans d as a plan.SpanPlan whose scratch is the scale of every channel.
func NewABN[T kernel.Float](d kernel.ABN) kernel.Kernel[T] {
	c := d.C
	return newNormalise(d.ABNShape,
		func(in [][]T) (mean, variance, gamma, beta []T) { return in[1][:c], in[1][c:], in[2], in[3] })
}

func newABNAddReLU[T kernel.Float](d kernel.ABNAddReLU) kernel.Kernel[T] {
	p := NewABN[T](d.Norm()).(*plan.SpanPlan[T])
	norm := p.Body
	p.Body = func(p *plan.SpanPlan[T], lo, hi int) {
		norm(p, lo, hi)
		out := p.Out[lo*d.C : hi*d.C]
		addReLU(out, out, p.In[4][lo*d.C:hi*d.C])
	}
	return p
}

// NewABNEval plans d as NewABN does.
func NewABNEval[T kernel.Float](d kernel.ABNEval) kernel.Kernel[T] {
	return newNormalise(d.ABNShape,
		func(in [][]T) (mean, variance, gamma, beta []T) { return in[1], in[2], in[3], in[4] })
}

// newNormalise plans y = act(scale*(z-mean)+beta); scale [C] is the scratch.
func newNormalise[T kernel.Float](s kernel.ABNShape, operands func(in [][]T) (mean, variance, gamma, beta []T)) kernel.Kernel[T] {
	c, slope := s.C, T(s.Slope)
	return &plan.SpanPlan[T]{
		Cut: plan.CutElements(s.Rows, c), ScratchLen: c,
		Prepare: func(scale []T, in [][]T) {
			_, variance, gamma, _ := operands(in)
			for i := range scale {
				scale[i] = T(plan.Gain(gamma[i]) / plan.Spread(variance[i]))
			}
		},
		Body: func(p *plan.SpanPlan[T], lo, hi int) {
			mean, _, _, beta := operands(p.In)
			for r := lo; r < hi; r++ {
				normaliseRow(p.Out[r*c:][:c], p.In[0][r*c:][:c], mean, p.Scratch[:c], beta, slope)
			}
		},
	}
}

func normaliseRow[T kernel.Float](out, z, mean, scale, beta []T, slope T) {
	out, mean, scale, beta = out[:len(z)], mean[:len(z)], scale[:len(z)], beta[:len(z)]
	for i, v := range z {
		out[i] = plan.Leaky((v-mean[i])*scale[i]+beta[i], slope)
	}
}
