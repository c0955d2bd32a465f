// Package plan holds what the implementations of kernels share: how work is cut into jobs and sums are added in a
// fixed order, kernels that take their loops as functions, and the few formulas that both sides must agree on. It
// computes no operation itself.
package plan

import (
	"unsafe"

	"csl/internal/kernel"
)

// jobElements is about how many elements one job of an elementwise kernel handles: small enough to
// share a small map between workers, large enough to drown the cost of handing out a job.
const jobElements = 16 << 10

// Cut divides units 0..n-1 into consecutive jobs of per units, the last possibly shorter.
type Cut struct{ n, per int }

// CutElements cuts n units of size elements each into jobs of about jobElements.
func CutElements(n, size int) Cut { return Cut{n, max(1, jobElements/size)} }

// CutSums cuts n rows of size elements each for a reduction: as every job has its own sums, which are
// added on one worker, jobs have at least 32 rows and there are at most 64 of them.
func CutSums(n, size int) Cut { return Cut{n, max(jobElements/size, 32, (n+63)/64)} }

// CutSingles makes every one of n units a job.
func CutSingles(n int) Cut { return Cut{n, 1} }

func (c Cut) jobs() int { return (c.n + c.per - 1) / c.per }

func (c Cut) span(job int) (lo, hi int) { return job * c.per, min(c.n, (job+1)*c.per) }

// SpanPlan is a kernel that runs Body over the spans of a cut, after Prepare where there is one.
type SpanPlan[T kernel.Float] struct {
	Cut                                         // the units and their jobs
	ScratchLen int                              // in elements
	Prepare    func(work []T, in [][]T)         // fills the scratch; may be nil
	Body       func(p *SpanPlan[T], lo, hi int) // computes units lo..hi-1

	Out     []T   // of the current run
	In      [][]T // of the current run
	Scratch []T   // of the current run, at least ScratchLen elements
}

// Work is the scratch of Prepare.
func (p *SpanPlan[T]) Work(int) int { return p.ScratchLen }

// Run computes all spans.
func (p *SpanPlan[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	p.Out, p.In, p.Scratch = out, in, c.Work
	if p.Prepare != nil {
		p.Prepare(c.Work[:p.ScratchLen], in)
	}
	c.Pool.Run(p.jobs(), p)
	p.Out, p.In, p.Scratch = nil, nil, nil
}

// Do computes one span.
func (p *SpanPlan[T]) Do(job, _ int) {
	lo, hi := p.span(job)
	p.Body(p, lo, hi)
}

// SumPlan is a kernel that sums Width float64 values over the units of a cut: Add adds the units lo..hi-1 into sums,
// which starts at zero; the sums of the jobs are added in order, and Finish turns the total into out. Prepare,
// where there is one, runs first.
type SumPlan[T kernel.Float] struct {
	Cut                                                        // the units and their jobs
	Width      int                                             // number of sums
	ScratchLen int                                             // in elements
	Prepare    func(work []T, in [][]T)                        // fills the scratch; may be nil
	Add        func(p *SumPlan[T], sums []float64, lo, hi int) // adds units lo..hi-1 to sums
	Finish     func(out []T, in [][]T, total []float64)        // turns the total into out

	In      [][]T // of the current run
	Scratch []T   // of the current run, ScratchLen elements
	sums    []float64
}

// Work is the scratch of Prepare and the sums of every job, as float64.
func (p *SumPlan[T]) Work(int) int { return p.ScratchLen + DoublesLen[T](p.jobs()*p.Width) }

// Run sums and finishes.
func (p *SumPlan[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	p.In, p.Scratch, p.sums = in, c.Work[:p.ScratchLen], Doubles(c.Work[p.ScratchLen:], p.jobs()*p.Width)
	if p.Prepare != nil {
		p.Prepare(p.Scratch, in)
	}
	c.Pool.Run(p.jobs(), p)
	total := p.sums[:p.Width]
	for j := 1; j < p.jobs(); j++ {
		for i, v := range p.sums[j*p.Width:][:p.Width] {
			total[i] += v
		}
	}
	p.Finish(out, in, total)
	p.In, p.Scratch, p.sums = nil, nil, nil
}

// Do sums one span.
func (p *SumPlan[T]) Do(job, _ int) {
	sums := p.sums[job*p.Width:][:p.Width]
	clear(sums)
	lo, hi := p.span(job)
	p.Add(p, sums, lo, hi)
}

// DoublesLen is how many T are enough for n float64 at any alignment of the first.
func DoublesLen[T kernel.Float](n int) int {
	size := int(unsafe.Sizeof(*new(T)))
	return (8/size)*n + 8/size - 1
}

// Doubles uses scratch as n float64; work has at least DoublesLen(n) elements.
func Doubles[T kernel.Float](work []T, n int) []float64 {
	work = work[:DoublesLen[T](n)]
	if uintptr(unsafe.Pointer(&work[0]))%8 != 0 {
		work = work[1:]
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(&work[0])), n)
}
