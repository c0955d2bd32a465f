package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// backward holds, per channel, what the backward pass of ABN needs, as rows of scratch:
// xhat = (u-shift)*factor, where u is z or the value before the activation rebuilt from y;
// dz = scale*(dz' - mean1 - xhat*mean2); where z was kept, the activation's sign is that of
// (z-shift)*scale + beta.
type backward[T kernel.Float] struct {
	shift, factor, scale, beta []T
	mean1, mean2               []T  // only for the gradient by z
	slope                      [2]T // of the activation from 0 on and below 0
	undo                       [2]T // their inverses
	fromY                      bool
}

const backwardRows = 5

func backwardOf[T kernel.Float](s kernel.ABNShape, fromY bool, work, beta []T) backward[T] {
	c := s.C
	b := backward[T]{
		shift: work[:c], factor: work[c:][:c], scale: work[2*c:][:c], beta: beta,
		mean1: work[3*c:][:c], mean2: work[4*c:][:c],
		slope: [2]T{1, T(s.Slope)}, fromY: fromY,
	}
	if fromY {
		b.undo = [2]T{1, T(1 / s.Slope)}
	}
	return b
}

func (b backward[T]) fill(stats, gamma []T) {
	c := len(b.shift)
	for i := range c {
		g, s := plan.Gain(gamma[i]), plan.Spread(stats[c+i])
		b.scale[i] = T(g / s)
		if b.fromY {
			b.shift[i], b.factor[i] = b.beta[i], T(1/g)
		} else {
			b.shift[i], b.factor[i] = stats[i], T(1/s)
		}
	}
}

// fillMeans is fill for the gradient by z. sums are the two rows of ABNReduce over rows rows.
func (b backward[T]) fillMeans(sums []T, rows int) {
	c := len(b.shift)
	for i := range c {
		b.mean1[i] = T(float64(sums[i]) / float64(rows))
		b.mean2[i] = T(float64(sums[c+i]) / float64(rows))
	}
}

func newABNReduce[T kernel.Float](d kernel.ABNReduce) kernel.Kernel[T] {
	c := d.C
	return &plan.SumPlan[T]{
		Cut: plan.CutSums(d.Rows, c), Width: 2 * c, ScratchLen: backwardRows * c,
		Prepare: func(work []T, in [][]T) {
			backwardOf(d.ABNShape, d.FromY, work, in[4]).fill(in[2], in[3])
		},
		Add: func(p *plan.SumPlan[T], sums []float64, lo, hi int) {
			b := backwardOf(d.ABNShape, d.FromY, p.Scratch, p.In[4])
			row := b.reduceZ
			if d.FromY {
				row = b.reduceY
			}
			for r := lo; r < hi; r++ {
				row(sums[:c], sums[c:], p.In[0][r*c:][:c], p.In[1][r*c:][:c])
			}
		},
		Finish: func(out []T, _ [][]T, total []float64) {
			for i, v := range total {
				out[i] = T(v)
			}
		},
	}
}

func (b *backward[T]) reduceY(s1, s2 []float64, y, dy []T) {
	s1, s2, dy = s1[:len(y)], s2[:len(y)], dy[:len(y)]
	shift, factor := b.shift[:len(y)], b.factor[:len(y)]
	slope, undo := b.slope, b.undo
	for i, u := range y {
		below := plan.Below0(u)
		g, u := dy[i]*slope[below], u*undo[below]
		s1[i] += float64(g)
		s2[i] += float64(float64(g) * float64((u-shift[i])*factor[i]))
	}
}

func (b *backward[T]) reduceZ(s1, s2 []float64, z, dy []T) {
	s1, s2, dy = s1[:len(z)], s2[:len(z)], dy[:len(z)]
	shift, factor := b.shift[:len(z)], b.factor[:len(z)]
	scale, beta := b.scale[:len(z)], b.beta[:len(z)]
	slope := b.slope
	for i, u := range z {
		u -= shift[i]
		g := dy[i] * slope[plan.Below0(u*scale[i]+beta[i])]
		s1[i] += float64(g)
		s2[i] += float64(float64(g) * float64(u*factor[i]))
	}
}

func newABNInputGrad[T kernel.Float](d kernel.ABNInputGrad) kernel.Kernel[T] {
	c := d.C
	return &plan.SpanPlan[T]{
		Cut: plan.CutElements(d.Rows, c), ScratchLen: backwardRows * c,
		Prepare: func(work []T, in [][]T) {
			b := backwardOf(d.ABNShape, d.FromY, work, in[5])
			b.fill(in[2], in[4])
			b.fillMeans(in[3], d.Rows)
		},
		Body: func(p *plan.SpanPlan[T], lo, hi int) {
			b := backwardOf(d.ABNShape, d.FromY, p.Scratch, p.In[5])
			row := b.inputZ
			if d.FromY {
				row = b.inputY
			}
			for r := lo; r < hi; r++ {
				row(p.Out[r*c:][:c], p.In[0][r*c:][:c], p.In[1][r*c:][:c])
			}
		},
	}
}

func (b *backward[T]) inputY(out, y, dy []T) {
	out, dy = out[:len(y)], dy[:len(y)]
	shift, factor, scale := b.shift[:len(y)], b.factor[:len(y)], b.scale[:len(y)]
	mean1, mean2 := b.mean1[:len(y)], b.mean2[:len(y)]
	slope, undo := b.slope, b.undo
	for i, u := range y {
		below := plan.Below0(u)
		g, u := dy[i]*slope[below], u*undo[below]
		out[i] = scale[i] * (g - mean1[i] - (u-shift[i])*factor[i]*mean2[i])
	}
}

func (b *backward[T]) inputZ(out, z, dy []T) {
	out, dy = out[:len(z)], dy[:len(z)]
	shift, factor, scale, beta := b.shift[:len(z)], b.factor[:len(z)], b.scale[:len(z)], b.beta[:len(z)]
	mean1, mean2 := b.mean1[:len(z)], b.mean2[:len(z)]
	slope := b.slope
	for i, u := range z {
		u -= shift[i]
		g := dy[i] * slope[plan.Below0(u*scale[i]+beta[i])]
		out[i] = scale[i] * (g - mean1[i] - u*factor[i]*mean2[i])
	}
}

func newABNGammaGrad[T kernel.Float](d kernel.ABNGammaGrad) kernel.Kernel[T] {
	return &plan.SpanPlan[T]{Cut: plan.CutElements(d.C, 1), Body: func(p *plan.SpanPlan[T], lo, hi int) {
		sums, gamma := p.In[0][d.C:], p.In[1]
		for i := lo; i < hi; i++ {
			v := sums[i]
			if gamma[i] < 0 {
				v = -v
			}
			p.Out[i] = v
		}
	}}
}

func newABNBetaGrad[T kernel.Float](d kernel.ABNBetaGrad) kernel.Kernel[T] {
	return &plan.SpanPlan[T]{Cut: plan.CutElements(d.C, 1), Body: func(p *plan.SpanPlan[T], lo, hi int) {
		copy(p.Out[lo:hi], p.In[0][lo:hi])
	}}
}
