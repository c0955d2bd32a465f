package kerneltest

import (
	"math"

	"csl/internal/kernel"
)

func naiveNorm(r result, d kernel.Desc, in [][]float64) {
	switch d := d.(type) {
	case kernel.BNStats:
		naiveStats(r, d, in[0])
	case kernel.ABN:
		naiveABN(r, d.ABNShape, in[0], in[1][:d.C], in[1][d.C:], in[2], in[3])
	case kernel.ABNAddReLU:
		naiveABN(r, kernel.ABNShape{Rows: d.Rows, C: d.C, Slope: 1}, in[0], in[1][:d.C], in[1][d.C:], in[2], in[3])
		for i, v := range in[4] {
			r.add(i, v)
			r.want[i] = math.Max(0, r.want[i])
		}
	case kernel.ABNEval:
		naiveABN(r, d.ABNShape, in[0], in[1], in[2], in[3], in[4])
	case kernel.ABNReduce:
		for i := range in[0] {
			c := i % d.C
			dz, xhat, size := backward(d.ABNShape, d.FromY, i, in[0], in[1], in[2], in[3], in[4])
			r.add(c, dz)
			r.want[d.C+c] += dz * xhat
			r.magnitude[d.C+c] += math.Abs(dz) * size
		}
	case kernel.ABNResidualReduce:
		for i, y := range in[0] {
			if y > 0 {
				r.set(i, in[1][i])
			}
		}
	case kernel.ABNInputGrad:
		for i := range in[0] {
			c, rows := i%d.C, float64(d.Rows)
			dz, xhat, size := backward(d.ABNShape, d.FromY, i, in[0], in[1], in[2], in[4], in[5])
			m1, m2 := in[3][c]/rows, in[3][d.C+c]/rows
			scale := (math.Abs(in[4][c]) + kernel.ABNEps) / math.Sqrt(in[2][d.C+c]+kernel.ABNEps)
			r.want[i] = scale * (dz - m1 - xhat*m2)
			r.magnitude[i] = scale * (math.Abs(dz) + math.Abs(m1) + size*math.Abs(m2))
		}
	case kernel.ABNGammaGrad:
		for c := range d.C {
			r.set(c, in[0][d.C+c])
			if in[1][c] < 0 {
				r.set(c, -in[0][d.C+c])
			}
		}
	case kernel.ABNBetaGrad:
		for c := range d.C {
			r.set(c, in[0][c])
		}
	}
}

// naiveStats is the two-pass definition.
func naiveStats(r result, d kernel.BNStats, z []float64) {
	n := float64(d.Rows)
	for i, v := range z {
		r.add(i%d.C, v/n)
	}
	for i, v := range z {
		diff := v - r.want[i%d.C]
		r.add(d.C+i%d.C, diff*diff/n)
	}
}

func naiveABN(r result, s kernel.ABNShape, z, mean, variance, gamma, beta []float64) {
	for i, v := range z {
		c := i % s.C
		scale := (math.Abs(gamma[c]) + kernel.ABNEps) / math.Sqrt(variance[c]+kernel.ABNEps)
		r.want[i] = act(scale*(v-mean[c])+beta[c], s.Slope)
		r.magnitude[i] = scale*(math.Abs(v)+math.Abs(mean[c])) + math.Abs(beta[c])
	}
}

// backward is dz' = dy*act' and xhat of element i, and the magnitude of xhat.
func backward(s kernel.ABNShape, fromY bool, i int, kept, dy, stats, gamma, beta []float64) (dz, xhat, size float64) {
	c := i % s.C
	g := math.Abs(gamma[c]) + kernel.ABNEps
	spread := math.Sqrt(stats[s.C+c] + kernel.ABNEps)
	before := kept[i]
	if fromY {
		if before < 0 {
			before /= s.Slope
		}
		xhat = (before - beta[c]) / g
		size = (math.Abs(before) + math.Abs(beta[c])) / g
	} else {
		xhat = (kept[i] - stats[c]) / spread
		size = (math.Abs(kept[i]) + math.Abs(stats[c])) / spread
		before = g*xhat + beta[c]
	}
	dz = dy[i]
	if before < 0 {
		dz *= s.Slope
	}
	return dz, xhat, size
}
