package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

func newConvStats[T kernel.Float](d kernel.ConvStats) kernel.Kernel[T] {
	return &plan.ConvStats[T]{Conv: newConv[T](d.Conv()), Stats: NewBNStats[T](d.Stats())}
}

// newABNResidualReduce plans d with xhat = (z-mean)*factor; the scratch is factor [C].
func newABNResidualReduce[T kernel.Float](d kernel.ABNResidualReduce) kernel.Kernel[T] {
	c := d.C
	k := &plan.ResidualReduce[T]{SumPlan: plan.SumPlan[T]{Cut: plan.CutSums(d.Rows, c), Width: 2 * c, ScratchLen: c}}
	k.Prepare = func(factor []T, in [][]T) {
		for i := range factor {
			factor[i] = T(1 / plan.Spread(in[3][c+i]))
		}
	}
	k.Add = func(p *plan.SumPlan[T], sums []float64, lo, hi int) {
		y, dy, z, mean := p.In[0], p.In[1], p.In[2], p.In[3][:c]
		for r := lo; r < hi; r++ {
			row := k.Masked[r*c:][:c]
			reluGrad(row, y[r*c:][:c], dy[r*c:][:c])
			addNormalised(sums[:c], sums[c:], z[r*c:][:c], row, mean, p.Scratch)
		}
	}
	k.Finish = func(out []T, _ [][]T, total []float64) {
		for i, v := range total {
			out[i] = T(v)
		}
	}
	return k
}

// addNormalised adds a row of g and of g*(z-mean)*factor to s1 and s2.
func addNormalised[T kernel.Float](s1, s2 []float64, z, g, mean, factor []T) {
	s1, s2, g = s1[:len(z)], s2[:len(z)], g[:len(z)]
	mean, factor = mean[:len(z)], factor[:len(z)]
	for i, u := range z {
		s1[i] += float64(g[i])
		s2[i] += float64(float64(g[i]) * float64((u-mean[i])*factor[i]))
	}
}
