package kernel

import (
	"sync"
	"time"
)

// peakTime is about how long one try of a ceiling takes.
const peakTime = 2 * time.Millisecond

// peakSet is a Set that knows its machine's ceiling: a loop of independent multiply-adds in its widest registers
// and the number of floating point operations of a round. rounds is at least 1.
type peakSet interface {
	MultiplyAdds() (loop func(rounds int), perRound int)
}

// Ceiling measures what a number of threads at once can do in multiply-adds that never leave the registers, with
// the vectors of a set: no kernel of the set can do more. The best try counts, as the best run of a kernel does.
type Ceiling struct {
	loop     func(rounds int) // nil where there is no such loop
	perRound int              // floating point operations
	threads  int
	rounds   int
	flops    float64 // per second, of the best try
}

// NewCeiling prepares measuring the set on that many threads, which takes a few milliseconds.
func NewCeiling(set Set[float32], threads int) *Ceiling {
	c := &Ceiling{threads: threads, rounds: 1}
	s, ok := set.(peakSet)
	if !ok {
		return c
	}
	c.loop, c.perRound = s.MultiplyAdds()
	for took := time.Duration(0); took < peakTime; c.rounds *= 2 {
		start := time.Now()
		c.loop(c.rounds)
		took = time.Since(start)
	}
	return c
}

// Try measures once, for a few milliseconds.
func (c *Ceiling) Try() {
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

// FLOPs is the number of floating point operations per second of the best try, 0 if the set has no such loop.
func (c *Ceiling) FLOPs() float64 { return c.flops }
