package kernel

import "math"

// newBNStats sums the differences to the first row and their squares in float64: as the shift lies
// within the data, a mean far larger than the spread does not cancel.
func newBNStats[T Float](d BNStats) Kernel[T] {
	c := d.C
	return &sumPlan[T]{
		cut: cutSums(d.Rows, c), width: 2 * c,
		add: func(p *sumPlan[T], sums []float64, lo, hi int) {
			z := p.in[0]
			for r := lo; r < hi; r++ {
				addShifted(sums[:c], sums[c:], z[:c], z[r*c:][:c])
			}
		},
		finish: func(out []T, in [][]T, total []float64) {
			n := float64(d.Rows)
			for i, shift := range in[0][:c] {
				m := total[i] / n
				out[i] = T(float64(shift) + m)
				out[c+i] = T(max(0, total[c+i]/n-m*m))
			}
		},
	}
}

func addShifted[T Float](s1, s2 []float64, shift, row []T) {
	s1, s2, shift = s1[:len(row)], s2[:len(row)], shift[:len(row)]
	for i, z := range row {
		v := float64(z) - float64(shift[i])
		s1[i] += v
		s2[i] += v * v
	}
}

// gain is |gamma|+eps, spread is sqrt(var+eps).
func gain[T Float](gamma T) float64      { return math.Abs(float64(gamma)) + ABNEps }
func spread[T Float](variance T) float64 { return math.Sqrt(float64(variance) + ABNEps) }

func newABN[T Float](d ABN) Kernel[T] {
	c := d.C
	return newNormalise(d.ABNShape,
		func(in [][]T) (mean, variance, gamma, beta []T) { return in[1][:c], in[1][c:], in[2], in[3] })
}

func newABNAddReLU[T Float](d ABNAddReLU) Kernel[T] {
	p := newABN[T](d.norm()).(*spanPlan[T])
	norm := p.body
	p.body = func(p *spanPlan[T], lo, hi int) {
		norm(p, lo, hi)
		out := p.out[lo*d.C : hi*d.C]
		addReLU(out, out, p.in[4][lo*d.C:hi*d.C])
	}
	return p
}

func newABNEval[T Float](d ABNEval) Kernel[T] {
	return newNormalise(d.ABNShape,
		func(in [][]T) (mean, variance, gamma, beta []T) { return in[1], in[2], in[3], in[4] })
}

// newNormalise plans y = act(scale*(z-mean)+beta); scale [C] is the scratch.
func newNormalise[T Float](s ABNShape, operands func(in [][]T) (mean, variance, gamma, beta []T)) Kernel[T] {
	c, slope := s.C, T(s.Slope)
	return &spanPlan[T]{
		cut: cutElements(s.Rows, c), scratch: c,
		prepare: func(scale []T, in [][]T) {
			_, variance, gamma, _ := operands(in)
			for i := range scale {
				scale[i] = T(gain(gamma[i]) / spread(variance[i]))
			}
		},
		body: func(p *spanPlan[T], lo, hi int) {
			mean, _, _, beta := operands(p.in)
			for r := lo; r < hi; r++ {
				normaliseRow(p.out[r*c:][:c], p.in[0][r*c:][:c], mean, p.work[:c], beta, slope)
			}
		},
	}
}

func normaliseRow[T Float](out, z, mean, scale, beta []T, slope T) {
	out, mean, scale, beta = out[:len(z)], mean[:len(z)], scale[:len(z)], beta[:len(z)]
	for i, v := range z {
		out[i] = leaky((v-mean[i])*scale[i]+beta[i], slope)
	}
}
