package kernel

// The functions of activated batch norm: see normaliseAVX2 and the following.
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
func (s *simd) newNorm(d Desc) Kernel[float32] {
	switch d := d.(type) {
	case BNStats:
		if d.C >= s.lanes {
			return s.newStats(d)
		}
	case ABN:
		if d.C >= s.lanes {
			k := newABN[float32](d).(*spanPlan[float32])
			k.body = s.normaliseRows(d.ABNShape, func(in [][]float32) (mean, beta *float32) { return &in[1][0], &in[3][0] })
			return k
		}
	case ABNAddReLU:
		if d.C >= s.lanes {
			return s.newNormJoin(d)
		}
	case ABNEval:
		if d.C >= s.lanes {
			k := newABNEval[float32](d).(*spanPlan[float32])
			k.body = s.normaliseRows(d.ABNShape, func(in [][]float32) (mean, beta *float32) { return &in[1][0], &in[4][0] })
			return k
		}
	case ABNReduce:
		if d.C >= s.lanes {
			return s.newNormSums(d)
		}
	case ABNResidualReduce:
		if d.C >= s.lanes {
			return s.newResidualReduce(d)
		}
	case ABNInputGrad:
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
func (s *simd) newStats(d BNStats) Kernel[float32] {
	slots := s.slots(d.C)
	return &sumPlan[float32]{
		cut: cutSums(d.Rows, d.C), width: 2 * slots,
		add: func(p *sumPlan[float32], sums []float64, lo, hi int) {
			z := p.in[0]
			s.moments(hi-lo, d.C, d.C, &z[lo*d.C], &z[0], &sums[0], &sums[slots])
		},
		finish: func(out []float32, in [][]float32, total []float64) {
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
func (s *simd) normaliseRows(d ABNShape, operands func(in [][]float32) (mean, beta *float32)) func(p *spanPlan[float32], lo, hi int) {
	return func(p *spanPlan[float32], lo, hi int) {
		mean, beta := operands(p.in)
		at := lo * d.C
		s.normalise(hi-lo, d.C, &p.out[at], &p.in[0][at], mean, &p.work[0], beta, float32(d.Slope))
	}
}

// joinElements is about how many elements of a join are normalised before the residual is added: they
// stay in the first level cache.
const joinElements = 1 << 10

// newNormJoin plans ABNAddReLU.
func (s *simd) newNormJoin(d ABNAddReLU) Kernel[float32] {
	k := s.newNorm(d.norm()).(*spanPlan[float32])
	norm, rows := k.body, max(1, joinElements/d.C)
	k.body = func(p *spanPlan[float32], lo, hi int) {
		for ; lo < hi; lo += rows {
			n := min(rows, hi-lo)
			norm(p, lo, lo+n)
			at := lo * d.C
			s.addReLU(n, d.C, &p.out[at], &p.out[at], &p.in[4][at])
		}
	}
	return k
}

// undo is the slope of the inverse of the activation; unused where the input was kept.
func (d ABNShape) undo(fromY bool) float32 {
	if fromY {
		return float32(1 / d.Slope)
	}
	return 0
}

// newNormSums plans ABNReduce: sums of dz' and of dz'*t, t as in normGradZ and normGradY; the factor
// that turns t into xhat is applied to the finished sum.
func (s *simd) newNormSums(d ABNReduce) Kernel[float32] {
	slope, undo := float32(d.Slope), d.undo(d.FromY)
	slots := s.slots(d.C)
	k := &sumPlan[float32]{cut: cutSums(d.Rows, d.C), width: 2 * slots, scratch: d.C}
	k.prepare = func(scale []float32, in [][]float32) { fillScale(scale, in[2], in[3]) }
	k.add = func(p *sumPlan[float32], sums []float64, lo, hi int) {
		kept, dy, beta := &p.in[0][lo*d.C], &p.in[1][lo*d.C], &p.in[4][0]
		s1, s2 := &sums[0], &sums[slots]
		if d.FromY {
			s.normSumsY(hi-lo, d.C, d.C, kept, dy, beta, slope, undo, s1, s2)
		} else {
			s.normSumsZ(hi-lo, d.C, d.C, kept, dy, &p.in[2][0], &p.work[0], beta, slope, s1, s2)
		}
	}
	k.finish = func(out []float32, in [][]float32, total []float64) {
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
		scale[c] = float32(gain(gamma[c]) / spread(stats[len(scale)+c]))
	}
}

// xhatFactor turns t into xhat: act^-1(y)-beta by the gain, z-mean by the spread.
func xhatFactor(fromY bool, variance, gamma float32) float64 {
	if fromY {
		return 1 / gain(gamma)
	}
	return 1 / spread(variance)
}

// newNormGrad plans ABNInputGrad; its scratch holds scale, slant and offset.
func (s *simd) newNormGrad(d ABNInputGrad) Kernel[float32] {
	slope, undo := float32(d.Slope), d.undo(d.FromY)
	k := &spanPlan[float32]{cut: cutElements(d.Rows, d.C), scratch: 3 * d.C}
	k.prepare = func(work []float32, in [][]float32) {
		scale, slant, offset := work[:d.C], work[d.C:][:d.C], work[2*d.C:]
		stats, sums, gamma := in[2], in[3], in[4]
		fillScale(scale, stats, gamma)
		for c, v := range scale {
			perRow := float64(v) / float64(d.Rows)
			offset[c] = float32(-perRow * float64(sums[c]))
			slant[c] = float32(-perRow * float64(sums[d.C+c]) * xhatFactor(d.FromY, stats[d.C+c], gamma[c]))
		}
	}
	k.body = func(p *spanPlan[float32], lo, hi int) {
		at := lo * d.C
		out, kept, dy := &p.out[at], &p.in[0][at], &p.in[1][at]
		scale, slant, offset, beta := &p.work[0], &p.work[d.C], &p.work[2*d.C], &p.in[5][0]
		if d.FromY {
			s.normGradY(hi-lo, d.C, out, kept, dy, scale, beta, slant, offset, slope, undo)
		} else {
			s.normGradZ(hi-lo, d.C, out, kept, dy, &p.in[2][0], scale, beta, slant, offset, slope)
		}
	}
	return k
}
