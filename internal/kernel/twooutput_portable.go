package kernel

// convStats is ConvStats as its two operations, one after the other.
type convStats[T Float] struct {
	conv, stats Kernel[T]
	y           [1][]T // the operand of stats, kept here as a run must not allocate
}

func newConvStats[T Float](d ConvStats) Kernel[T] {
	return &convStats[T]{conv: newConv[T](d.conv()), stats: newBNStats[T](d.stats())}
}

// Work is what the larger of the two needs.
func (k *convStats[T]) Work(workers int) int { return max(k.conv.Work(workers), k.stats.Work(workers)) }

// Run implements Kernel.
func (k *convStats[T]) Run(c *Ctx[T], out []T, in [][]T) {
	k.conv.Run(c, out, in)
	k.y[0] = out
	k.stats.Run(c, c.Aux, k.y[:])
	k.y[0] = nil
}

// residualReduce is ABNResidualReduce: the plan of the sums, whose add masks dy first.
type residualReduce[T Float] struct {
	sumPlan[T]
	masked []T // of the current run
}

// newABNResidualReduce plans d with xhat = (z-mean)*factor; the scratch is factor [C].
func newABNResidualReduce[T Float](d ABNResidualReduce) Kernel[T] {
	c := d.C
	k := &residualReduce[T]{sumPlan: sumPlan[T]{cut: cutSums(d.Rows, c), width: 2 * c, scratch: c}}
	k.prepare = func(factor []T, in [][]T) {
		for i := range factor {
			factor[i] = T(1 / spread(in[3][c+i]))
		}
	}
	k.add = func(p *sumPlan[T], sums []float64, lo, hi int) {
		y, dy, z, mean := p.in[0], p.in[1], p.in[2], p.in[3][:c]
		for r := lo; r < hi; r++ {
			row := k.masked[r*c:][:c]
			reluGrad(row, y[r*c:][:c], dy[r*c:][:c])
			addNormalised(sums[:c], sums[c:], z[r*c:][:c], row, mean, p.work)
		}
	}
	k.finish = func(out []T, _ [][]T, total []float64) {
		for i, v := range total {
			out[i] = T(v)
		}
	}
	return k
}

// Run implements Kernel.
func (k *residualReduce[T]) Run(c *Ctx[T], out []T, in [][]T) {
	k.masked = out
	k.sumPlan.Run(c, c.Aux, in)
	k.masked = nil
}

// addNormalised adds a row of g and of g*(z-mean)*factor to s1 and s2.
func addNormalised[T Float](s1, s2 []float64, z, g, mean, factor []T) {
	s1, s2, g = s1[:len(z)], s2[:len(z)], g[:len(z)]
	mean, factor = mean[:len(z)], factor[:len(z)]
	for i, u := range z {
		s1[i] += float64(g[i])
		s2[i] += float64(float64(g[i]) * float64((u-mean[i])*factor[i]))
	}
}
