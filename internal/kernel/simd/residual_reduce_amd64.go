package simd

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// sumRows is the least number of rows of a join that are masked before they are summed: as many as the sums
// add up at a time.
const sumRows = 8

// newResidualReduce plans ABNResidualReduce: it masks a few rows and, while they are in the cache, sums them.
func (s *simd) newResidualReduce(d kernel.ABNResidualReduce) kernel.Kernel[float32] {
	slots, rows := s.slots(d.C), max(sumRows, joinElements/d.C)
	k := &plan.ResidualReduce[float32]{SumPlan: plan.SumPlan[float32]{Cut: plan.CutSums(d.Rows, d.C), Width: 2 * slots}}
	k.Add = func(p *plan.SumPlan[float32], sums []float64, lo, hi int) {
		mean := &p.In[3][0]
		for ; lo < hi; lo += rows {
			n, at := min(rows, hi-lo), lo*d.C
			s.reluGrad(n, d.C, &k.Masked[at], &p.In[0][at], &p.In[1][at])
			// The sign of the value before the activation does not matter, so neither do its scale and shift.
			s.normSumsZ(n, d.C, d.C, &p.In[2][at], &k.Masked[at], mean, mean, mean, 1, &sums[0], &sums[slots])
		}
	}
	k.Finish = func(out []float32, in [][]float32, total []float64) {
		for c := range d.C {
			i := s.slot(c, d.C)
			out[c] = float32(total[i])
			out[d.C+c] = float32(total[slots+i] * xhatFactor(false, in[3][d.C+c], 0))
		}
	}
	return k
}
