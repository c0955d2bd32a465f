package plan

import "csl/internal/kernel"

// ConvStats is kernel.ConvStats as its two operations, one after the other.
type ConvStats[T kernel.Float] struct {
	Conv, Stats kernel.Kernel[T] // of kernel.Conv, of kernel.BNStats
	y           [1][]T           // the operand of stats, kept here as a run must not allocate
}

// Work is what the larger of the two needs.
func (k *ConvStats[T]) Work(workers int) int { return max(k.Conv.Work(workers), k.Stats.Work(workers)) }

// Run implements Kernel.
func (k *ConvStats[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	k.Conv.Run(c, out, in)
	k.y[0] = out
	k.Stats.Run(c, c.Aux, k.y[:])
	k.y[0] = nil
}

// ResidualReduce is kernel.ABNResidualReduce: the plan of the sums, whose Add masks dy first.
type ResidualReduce[T kernel.Float] struct {
	SumPlan[T]     // its Run is hidden: the sums are the second output
	Masked     []T // the first output, of the current run
}

// Run implements Kernel.
func (k *ResidualReduce[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	k.Masked = out
	k.SumPlan.Run(c, c.Aux, in)
	k.Masked = nil
}
