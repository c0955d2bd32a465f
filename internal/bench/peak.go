package bench

import (
	"sync"
	"time"

	"csl/internal/kernel"
)

// peakTime is about how long one try of a ceiling takes.
const peakTime = 2 * time.Millisecond

// ceiling measures what threads threads at once can do in multiply-adds that never leave the
// registers, with the vectors that the kernels in use have: no kernel can do more. The best try
// counts, as the best run does.
type ceiling struct {
	loop     func(rounds int) // nil where there is no such loop
	perRound int              // floating point operations
	threads  int
	rounds   int
	flops    float64 // per second, of the best try
}

func newCeiling(set kernel.Set[float32], threads int) *ceiling {
	c := &ceiling{threads: threads, rounds: 1}
	if c.loop, c.perRound = kernel.MultiplyAddsOf(set); c.loop == nil {
		return c
	}
	for took := time.Duration(0); took < peakTime; c.rounds *= 2 {
		start := time.Now()
		c.loop(c.rounds)
		took = time.Since(start)
	}
	return c
}

// try measures once.
func (c *ceiling) try() {
	if c.loop == nil {
		return
	}
	start := time.Now()
	var all sync.WaitGroup
	for range c.threads {
		all.Go(func() { c.loop(c.rounds) })
	}
	all.Wait()
	c.flops = max(c.flops, float64(c.threads*c.rounds*c.perRound)/time.Since(start).Seconds())
}
