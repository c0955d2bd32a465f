package kernel

import "unsafe"

// jobElements is about how many elements one job of an elementwise kernel handles: small enough to
// share a small map between workers, large enough to drown the cost of handing out a job.
const jobElements = 16 << 10

// cut divides units 0..n-1 into consecutive jobs of per units, the last possibly shorter.
type cut struct{ n, per int }

// cutElements cuts n units of size elements each into jobs of about jobElements.
func cutElements(n, size int) cut { return cut{n, max(1, jobElements/size)} }

// cutSums cuts n rows of size elements each for a reduction: as every job has its own sums, which are
// added on one worker, jobs have at least 32 rows and there are at most 64 of them.
func cutSums(n, size int) cut { return cut{n, max(jobElements/size, 32, (n+63)/64)} }

func (c cut) jobs() int { return (c.n + c.per - 1) / c.per }

func (c cut) span(job int) (lo, hi int) { return job * c.per, min(c.n, (job+1)*c.per) }

// spanPlan runs body over the spans of a cut. prepare, where there is one, fills scratch elements of
// work first.
type spanPlan[T Float] struct {
	cut
	scratch int
	prepare func(work []T, in [][]T)
	body    func(p *spanPlan[T], lo, hi int)

	out  []T // the operands of the current run
	in   [][]T
	work []T
}

// Work is the scratch of prepare.
func (p *spanPlan[T]) Work(int) int { return p.scratch }

// Run computes all spans.
func (p *spanPlan[T]) Run(c *Ctx[T], out []T, in [][]T) {
	p.out, p.in, p.work = out, in, c.Work
	if p.prepare != nil {
		p.prepare(c.Work[:p.scratch], in)
	}
	c.Pool.Run(p.jobs(), p)
	p.out, p.in, p.work = nil, nil, nil
}

// Do computes one span.
func (p *spanPlan[T]) Do(job, _ int) {
	lo, hi := p.span(job)
	p.body(p, lo, hi)
}

// sumPlan sums width float64 values over the units of a cut: add adds the units lo..hi-1 into sums,
// which starts at zero; the sums of the jobs are added in order, and finish turns the total into out.
// prepare, where there is one, fills scratch elements of work first.
type sumPlan[T Float] struct {
	cut
	width   int
	scratch int
	prepare func(work []T, in [][]T)
	add     func(p *sumPlan[T], sums []float64, lo, hi int)
	finish  func(out []T, in [][]T, total []float64)

	in   [][]T // of the current run
	work []T
	sums []float64
}

// Work is the scratch of prepare and the sums of every job, as float64.
func (p *sumPlan[T]) Work(int) int { return p.scratch + doublesLen[T](p.jobs()*p.width) }

// Run sums and finishes.
func (p *sumPlan[T]) Run(c *Ctx[T], out []T, in [][]T) {
	p.in, p.work, p.sums = in, c.Work[:p.scratch], doubles(c.Work[p.scratch:], p.jobs()*p.width)
	if p.prepare != nil {
		p.prepare(p.work, in)
	}
	c.Pool.Run(p.jobs(), p)
	total := p.sums[:p.width]
	for j := 1; j < p.jobs(); j++ {
		for i, v := range p.sums[j*p.width:][:p.width] {
			total[i] += v
		}
	}
	p.finish(out, in, total)
	p.in, p.work, p.sums = nil, nil, nil
}

// Do sums one span.
func (p *sumPlan[T]) Do(job, _ int) {
	sums := p.sums[job*p.width:][:p.width]
	clear(sums)
	lo, hi := p.span(job)
	p.add(p, sums, lo, hi)
}

// doublesLen is how many T are enough for n float64 at any alignment of the first.
func doublesLen[T Float](n int) int {
	size := int(unsafe.Sizeof(*new(T)))
	return (8/size)*n + 8/size - 1
}

// doubles uses scratch as n float64.
func doubles[T Float](work []T, n int) []float64 {
	work = work[:doublesLen[T](n)]
	if uintptr(unsafe.Pointer(&work[0]))%8 != 0 {
		work = work[1:]
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(&work[0])), n)
}

// leaky is the activation of ABN and of convolutions' epilogues: v for v >= 0, slope*v below, NaN for
// NaN. Signs are as good as random, so it and below0 avoid branches, which would be mispredicted.
// slope is between 0 and 1.
func leaky[T Float](v, slope T) T { return max(v, v*slope) }

// below0 is 1 where v < 0, else 0: the index of a factor in {1, slope}.
func below0[T Float](v T) int {
	i := 0
	if v < 0 {
		i = 1
	}
	return i & 1
}
