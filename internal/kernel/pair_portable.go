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
	k.stats.Run(c, c.Second, k.y[:])
	k.y[0] = nil
}
