package simd

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
	"csl/internal/kernel/portable"
)

// The functions of activated batch norm: see asm.NormaliseAVX2 and the following.
type (
	momentsFunc   func(rows, c, stride int, z, shift *float32, s1, s2 *float64)
	normaliseFunc func(rows, c int, out, z, mean, scale, beta *float32, slope float32)
	normGradZFunc func(rows, c int, out, z, dy, mean, scale, beta, slant, offset *float32, slope float32)
	normGradYFunc func(rows, c int, out, y, dy, scale, beta, slant, offset *float32, slope, undo float32)
	normSumsZFunc func(rows, c, stride int, z, dy, mean, scale, beta *float32, slope float32, s1, s2 *float64)
	normSumsYFunc func(rows, c, stride int, y, dy, beta *float32, slope, undo float32, s1, s2 *float64)
)

// newNorm plans d if it is part of batch norm over enough channels; else nil. Elementwise
// parts take the plans of the portable set and replace the loops over rows.
func (s *simd) newNorm(d kernel.Desc) kernel.Kernel[float32] {
	switch d := d.(type) {
	case kernel.BNStats:
		if d.C >= s.lanes {
			return s.newStats(d)
		}
	case kernel.ABN:
		if d.C >= s.lanes {
			k := portable.NewABN[float32](d).(*plan.SpanPlan[float32])
			k.Body = s.normaliseRows(d.ABNShape, func(in [][]float32) (mean, beta *float32) { return &in[1][0], &in[3][0] })
			return k
		}
	case kernel.ABNAddReLU:
		if d.C >= s.lanes {
			return s.newNormJoin(d)
		}
	case kernel.ABNEval:
		if d.C >= s.lanes {
			k := portable.NewABNEval[float32](d).(*plan.SpanPlan[float32])
			k.Body = s.normaliseRows(d.ABNShape, func(in [][]float32) (mean, beta *float32) { return &in[1][0], &in[4][0] })
			return k
		}
	case kernel.ABNReduce:
		if d.C >= s.lanes {
			return s.newNormSums(d)
		}
	case kernel.ABNResidualReduce:
		if d.C >= s.lanes {
			return s.newResidualReduce(d)
		}
	case kernel.ABNInputGrad:
		if d.C >= s.lanes {
			return s.newNormGrad(d)
		}
	}
	return nil
}

// slots is the number of sums that the functions over rows keep for c channels: whole vectors. The sum of
// channel i is in slot(i, c), as the last vector ends with the last channel.
func (s *simd) slots(c int) int { return ceilDiv(c, s.lanes) * s.lanes }

func (s *simd) slot(i, c int) int {
	if last := s.slots(c) - s.lanes; i >= last {
		return last + i - (c - s.lanes)
	}
	return i
}

// newStats plans BNStats: sums of the differences to the first row and of their squares.
func (s *simd) newStats(d kernel.BNStats) kernel.Kernel[float32] {
	slots := s.slots(d.C)
	return &plan.SumPlan[float32]{
		Cut: plan.CutSums(d.Rows, d.C), Width: 2 * slots,
		Add: func(p *plan.SumPlan[float32], sums []float64, lo, hi int) {
			z := p.In[0]
			s.moments(hi-lo, d.C, d.C, &z[lo*d.C], &z[0], &sums[0], &sums[slots])
		},
		Finish: func(out []float32, in [][]float32, total []float64) {
			for c, shift := range in[0][:d.C] {
				i := s.slot(c, d.C)
				mean := total[i] / float64(d.Rows)
				out[c] = float32(float64(shift) + mean)
				out[d.C+c] = float32(max(0, total[slots+i]/float64(d.Rows)-mean*mean))
			}
		},
	}
}

// normaliseRows is the body of ABN; the plan's scratch holds scale.
func (s *simd) normaliseRows(d kernel.ABNShape, operands func(in [][]float32) (mean, beta *float32)) func(p *plan.SpanPlan[float32], lo, hi int) {
	return func(p *plan.SpanPlan[float32], lo, hi int) {
		mean, beta := operands(p.In)
		at := lo * d.C
		s.normalise(hi-lo, d.C, &p.Out[at], &p.In[0][at], mean, &p.Scratch[0], beta, float32(d.Slope))
	}
}

// joinElements is about how many elements of a join are normalised before the residual is added: they
// stay in the first level cache.
const joinElements = 1 << 10

// newNormJoin plans ABNAddReLU.
func (s *simd) newNormJoin(d kernel.ABNAddReLU) kernel.Kernel[float32] {
	k := s.newNorm(d.Norm()).(*plan.SpanPlan[float32])
	norm, rows := k.Body, max(1, joinElements/d.C)
	k.Body = func(p *plan.SpanPlan[float32], lo, hi int) {
		for ; lo < hi; lo += rows {
			n := min(rows, hi-lo)
			norm(p, lo, lo+n)
			at := lo * d.C
			s.addReLU(n, d.C, &p.Out[at], &p.Out[at], &p.In[4][at])
		}
	}
	return k
}

// inverseSlope is that of the inverse of the activation; unused where the input was kept.
func inverseSlope(d kernel.ABNShape, fromY bool) float32 {
	if fromY {
		return float32(1 / d.Slope)
	}
	return 0
}

// newNormSums plans ABNReduce: sums of dz' and of dz'*t, t as in normGradZ and normGradY; the factor
// that turns t into xhat is applied to the finished sum.
func (s *simd) newNormSums(d kernel.ABNReduce) kernel.Kernel[float32] {
	slope, undo := float32(d.Slope), inverseSlope(d.ABNShape, d.FromY)
	slots := s.slots(d.C)
	k := &plan.SumPlan[float32]{Cut: plan.CutSums(d.Rows, d.C), Width: 2 * slots, ScratchLen: d.C}
	k.Prepare = func(scale []float32, in [][]float32) { fillScale(scale, in[2], in[3]) }
	k.Add = func(p *plan.SumPlan[float32], sums []float64, lo, hi int) {
		kept, dy, beta := &p.In[0][lo*d.C], &p.In[1][lo*d.C], &p.In[4][0]
		s1, s2 := &sums[0], &sums[slots]
		if d.FromY {
			s.normSumsY(hi-lo, d.C, d.C, kept, dy, beta, slope, undo, s1, s2)
		} else {
			s.normSumsZ(hi-lo, d.C, d.C, kept, dy, &p.In[2][0], &p.Scratch[0], beta, slope, s1, s2)
		}
	}
	k.Finish = func(out []float32, in [][]float32, total []float64) {
		for c := range d.C {
			i := s.slot(c, d.C)
			out[c] = float32(total[i])
			out[d.C+c] = float32(total[slots+i] * xhatFactor(d.FromY, in[2][d.C+c], in[3][c]))
		}
	}
	return k
}

// fillScale is (|gamma|+eps)/sqrt(var+eps) of every channel.
func fillScale(scale, stats, gamma []float32) {
	for c := range scale {
		scale[c] = float32(plan.Gain(gamma[c]) / plan.Spread(stats[len(scale)+c]))
	}
}

// xhatFactor turns t into xhat: act^-1(y)-beta by the gain, z-mean by the spread.
func xhatFactor(fromY bool, variance, gamma float32) float64 {
	if fromY {
		return 1 / plan.Gain(gamma)
	}
	return 1 / plan.Spread(variance)
}

// newNormGrad plans ABNInputGrad; its scratch holds scale, slant and offset.
func (s *simd) newNormGrad(d kernel.ABNInputGrad) kernel.Kernel[float32] {
	slope, undo := float32(d.Slope), inverseSlope(d.ABNShape, d.FromY)
	k := &plan.SpanPlan[float32]{Cut: plan.CutElements(d.Rows, d.C), ScratchLen: 3 * d.C}
	k.Prepare = func(work []float32, in [][]float32) {
		scale, slant, offset := work[:d.C], work[d.C:][:d.C], work[2*d.C:]
		stats, sums, gamma := in[2], in[3], in[4]
		fillScale(scale, stats, gamma)
		for c, v := range scale {
			perRow := float64(v) / float64(d.Rows)
			offset[c] = float32(-perRow * float64(sums[c]))
			slant[c] = float32(-perRow * float64(sums[d.C+c]) * xhatFactor(d.FromY, stats[d.C+c], gamma[c]))
		}
	}
	k.Body = func(p *plan.SpanPlan[float32], lo, hi int) {
		at := lo * d.C
		out, kept, dy := &p.Out[at], &p.In[0][at], &p.In[1][at]
		scale, slant, offset, beta := &p.Scratch[0], &p.Scratch[d.C], &p.Scratch[2*d.C], &p.In[5][0]
		if d.FromY {
			s.normGradY(hi-lo, d.C, out, kept, dy, scale, beta, slant, offset, slope, undo)
		} else {
			s.normGradZ(hi-lo, d.C, out, kept, dy, &p.In[2][0], scale, beta, slant, offset, slope)
		}
	}
	return k
}
