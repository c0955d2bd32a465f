package graph

import (
	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// Sharer adds numbers up over the processes that have a part of a batch each, so that norms take the statistics of
// the whole batch. All processes run the same graph and so call Sum in the same order. Sum reports no errors:
// who makes a Sharer keeps them, and does not use what was computed after one.
type Sharer interface {
	// Share is the part of the batch's images that is here, 0 to 1; false while nothing is shared.
	Share() (share float64, shared bool)
	// Sum replaces values by their sums over all processes.
	Sum(v []float64)
}

// shareStats is, with the statistics [2,C] of the images here, those of the whole batch: means, then biased
// variances. by must be comparable, as descriptors are.
type shareStats struct {
	c  int
	by Sharer
}

// shareSums is, with the sums [2,C] of ABN's backward pass over the images here, the sums over the whole batch
// times the share of the images here: divided by the rows here they are the means over the batch.
type shareSums struct {
	c  int
	by Sharer
}

// Operand lengths. Their arithmetic is nothing beside the exchange.
func (d shareStats) Inputs() []int { return []int{2 * d.c} }
func (d shareStats) Output() int   { return 2 * d.c }
func (d shareStats) FLOPs() int64  { return 0 }
func (d shareSums) Inputs() []int  { return []int{2 * d.c} }
func (d shareSums) Output() int    { return 2 * d.c }
func (d shareSums) FLOPs() int64   { return 0 }

// The kernels, in both element types.
func (d shareStats) Kernel32(kernel.Set[float32]) kernel.Kernel[float32] {
	return &sharing[float32]{by: d.by, buf: make([]float64, 2*d.c), exchange: exchangeStats}
}

func (d shareStats) Kernel64() kernel.Kernel[float64] {
	return &sharing[float64]{by: d.by, buf: make([]float64, 2*d.c), exchange: exchangeStats}
}

func (d shareSums) Kernel32(kernel.Set[float32]) kernel.Kernel[float32] {
	return &sharing[float32]{by: d.by, buf: make([]float64, 2*d.c), exchange: exchangeSums}
}

func (d shareSums) Kernel64() kernel.Kernel[float64] {
	return &sharing[float64]{by: d.by, buf: make([]float64, 2*d.c), exchange: exchangeSums}
}

// sharing runs an exchange in float64.
type sharing[T kernel.Float] struct {
	by       Sharer
	buf      []float64
	exchange func(by Sharer, share float64, v []float64)
}

func (k *sharing[T]) Work(int) int { return 0 }

func (k *sharing[T]) Run(_ *kernel.Ctx[T], out []T, in [][]T) {
	share, shared := k.by.Share()
	if !shared {
		copy(out, in[0])
		return
	}
	for i, v := range in[0] {
		k.buf[i] = float64(v)
	}
	k.exchange(k.by, share, k.buf)
	for i, v := range k.buf {
		out[i] = T(v)
	}
}

// exchangeStats pools v [2,C]: of the second moments and the means of the parts come those of all.
func exchangeStats(by Sharer, share float64, v []float64) {
	PoolStats(v, share)
	by.Sum(v)
	UnpoolStats(v)
}

// PoolStats turns v [2,C], means and biased variances of a share of a batch, into what has to be added up over its
// parts for [UnpoolStats].
func PoolStats(v []float64, share float64) {
	mean, variance := v[:len(v)/2], v[len(v)/2:]
	for i, m := range mean {
		mean[i], variance[i] = share*m, share*(variance[i]+m*m)
	}
}

// UnpoolStats turns sums of PoolStats into means and biased variances of the whole batch.
func UnpoolStats(v []float64) {
	mean, variance := v[:len(v)/2], v[len(v)/2:]
	for i, m := range mean {
		variance[i] = max(0, variance[i]-m*m)
	}
}

func exchangeSums(by Sharer, share float64, v []float64) {
	by.Sum(v)
	for i := range v {
		v[i] *= share
	}
}

// sharedStats is stats [2,C], or those of the whole batch that by knows.
func sharedStats(stats *G.Node, c int, by Sharer) (*G.Node, error) {
	if by == nil {
		return stats, nil
	}
	return Apply(OpSpec{
		Desc: shareStats{c, by}, Name: "batch statistics of all", In: []int{2}, Out: 2, Shape: staticShape(2, c),
	}, stats)
}

// sharedSums is sums [2,C], or what stands for them in the gradient by the input of a norm over a whole batch.
func sharedSums(sums *G.Node, c int, by Sharer) (*G.Node, error) {
	if by == nil {
		return sums, nil
	}
	return Apply(OpSpec{
		Desc: shareSums{c, by}, Name: "abn sums of all", In: []int{2}, Out: 2, Shape: staticShape(2, c),
	}, sums)
}
