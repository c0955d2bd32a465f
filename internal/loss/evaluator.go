package loss

import "csl/internal/kernel"

const (
	maxChunks = 32  // jobs of a pass; fixed, so that results do not depend on the number of workers
	blockLen  = 256 // cells whose exponentials are computed together, in cache
)

// Evaluator computes a loss and its gradient for batches of one shape. It keeps its scratch:
// Run does not allocate. One Run at a time.
type Evaluator[T kernel.Float] struct {
	spec
	rows, classes int
	chunks        int

	byKind  [3]cellWeight[T] // by kind of cell
	clipT   T
	floor   T
	scratch [][blockLen]T     // per chunk
	kinds   [][blockLen]uint8 // per chunk
	terms   []Terms           // per row
	sel     *selection        // nil without top-K
	fast    *fast             // nil without assembly for this loss
	whole   Whole             // nil where the rows are the whole batch

	// of the current run
	phase                phase
	budget               int // cells that the top-K takes at most, of all images of the batch
	logits, labels, grad []T
}

// phase is what the jobs of a pool call do.
type phase int

const (
	phaseKeys phase = iota
	phaseCount
	phaseCells
)

// The kinds of cells. Those of noKind take no part.
const (
	positive = iota
	negative
	unknown
	noKind
)

// cellWeight is the weighting of one kind of cell.
type cellWeight[T kernel.Float] struct {
	alpha T
	gamma exponent
}

func newEvaluator[T kernel.Float](set kernel.Set[float32], s spec, rows, classes int) *Evaluator[T] {
	e := &Evaluator[T]{
		spec: s, rows: rows, classes: classes, chunks: min(rows, maxChunks),
		clipT: T(s.clip), floor: T(s.logClamp),
		terms: make([]Terms, rows),
	}
	for k, w := range []weighting{s.pos, s.neg, s.unknown} {
		e.byKind[k] = cellWeight[T]{T(w.alpha), newExponent(w.gamma)}
	}
	e.scratch, e.kinds = make([][blockLen]T, e.chunks), make([][blockLen]uint8, e.chunks)
	if _, ok := any(e).(*Evaluator[float32]); ok {
		e.fast = newFast(set, s, e.chunks)
	}
	if s.topK > 0 {
		e.sel = newSelection(rows*classes, e.chunks)
	}
	return e
}

// Run computes the loss of one batch and writes its gradient by the logits. All slices have
// images*classes elements; grad must not overlap the others. A label other than 1, 0 and -1 is a
// cell that takes no part. pool may be nil. The result is the same for any pool.
func (e *Evaluator[T]) Run(pool *kernel.Pool, logits, labels, grad []T) Terms {
	n := e.rows * e.classes
	e.logits, e.labels, e.grad = logits[:n], labels[:n], grad[:n]
	if e.sel != nil {
		e.selectCells(pool)
	}
	e.run(pool, phaseCells)
	e.logits, e.labels, e.grad = nil, nil, nil
	return total(e.terms)
}

// selectCells finds the topK unknown cells per image of the whole batch that have the smallest negative probability.
func (e *Evaluator[T]) selectCells(pool *kernel.Pool) {
	whole, _, images := shared(e.whole, e.rows)
	e.budget = e.topK * images
	e.sel.begin(whole)
	e.run(pool, phaseKeys)
	candidates := e.sel.candidates()
	if candidates <= e.budget && e.sel.all() {
		e.run(pool, phaseKeys)
		candidates = e.sel.candidates()
	}
	if candidates <= e.budget {
		e.sel.takeAll()
		return
	}
	e.sel.prefix = 0
	rank := e.sel.narrow(e.budget - 1)
	e.sel.expect()
	for _, e.sel.shift = range [2]uint{keyBits, 0} {
		e.run(pool, phaseCount)
		rank = e.sel.narrow(rank)
	}
	e.sel.take(e.sel.prefix, rank+1)
}

func (e *Evaluator[T]) run(pool *kernel.Pool, p phase) {
	e.phase = p
	if pool != nil {
		pool.Run(e.chunks, e)
		return
	}
	for j := range e.chunks {
		e.Do(j, 0)
	}
}

// Do computes one chunk of rows; it is for kernel.Pool only.
func (e *Evaluator[T]) Do(chunk, _ int) {
	first, last := chunk*e.rows/e.chunks, (chunk+1)*e.rows/e.chunks
	from, to := first*e.classes, last*e.classes
	switch e.phase {
	case phaseKeys:
		if e.fast != nil {
			e.fastKeys(chunk, from, to)
			return
		}
		// The exponentials wait in grad for phaseCells, which needs them again.
		expNeg(e.grad[from:to], e.logits[from:to])
		skip := ""
		if e.topKSkipsGated {
			skip = e.gate
		}
		fill(e.sel, chunk, from, e.logits[from:to], e.labels[from:to], e.grad[from:to], float32(e.clip), skip, e.classes)
	case phaseCount:
		if e.fast != nil {
			e.fastCount(chunk, from, to)
			return
		}
		e.sel.count(chunk, from, to)
	case phaseCells:
		ties := 0
		if e.sel != nil {
			ties = e.sel.ties[chunk]
		}
		row := e.row
		if e.fast != nil {
			row = e.fastRow
		}
		for r := first; r < last; r++ {
			ties = row(r, chunk, ties)
		}
	}
}

// row computes the cells of one row. ties is how many cells with the limiting key are still to be
// dropped in this chunk; it returns what is left of them.
func (e *Evaluator[T]) row(r, chunk, ties int) int {
	from, to := r*e.classes, (r+1)*e.classes
	p := &e.terms[r]
	*p = countLabels(e.labels[from:to])
	weight := T(1)
	if e.normalize {
		weight = 1 + 1/T(1+p.Positives+p.Negatives)
	}
	for at := from; at < to; at += blockLen {
		n := min(blockLen, to-at)
		b := block[T]{
			logits: e.logits[at : at+n], labels: e.labels[at : at+n], grad: e.grad[at : at+n],
			log: e.scratch[chunk][:n], kinds: e.kinds[chunk][:n], weight: weight,
		}
		if e.sel != nil {
			b.keys, b.limit, b.ties = e.sel.keys[at:at+n], e.sel.limit, ties
		} else {
			expNeg(b.grad, b.logits) // else phaseKeys left them there
		}
		if e.gate != "" {
			b.gate = e.gate[at-from : at-from+n]
		}
		e.cells(&b, p)
		ties = b.ties
	}
	return ties
}

func countLabels[T kernel.Float](labels []T) (p Terms) {
	for _, y := range labels {
		switch y {
		case 1:
			p.Positives++
		case 0:
			p.Negatives++
		case -1:
			p.Unknowns++
		}
	}
	return p
}
