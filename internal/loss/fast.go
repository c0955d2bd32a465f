package loss

import "csl/internal/kernel"

// fast is what an evaluator needs to compute rows with assembly.
type fast struct {
	rows []kernel.Focal // per chunk
	gate []uint32       // all bits set where the prior drops a class; nil without a gate
	skip []uint32       // gate where gated cells are not candidates of the top-K; else nil
}

// newFast is nil where set has no assembly for these options: it has whole exponents, and neither a
// clip nor clamped logarithms.
func newFast(set kernel.Set[float32], s spec, chunks int) *fast {
	if set == nil || s.clip != 0 || s.logClamp != 0 {
		return nil
	}
	terms := kernel.FocalTerms{FocusGrad: s.focusGrad, Live: [kernel.FocalKinds]bool{true, true, !s.ignore}}
	for k, w := range []weighting{s.pos, s.neg, s.unknown} {
		terms.Alpha[k], terms.Gamma[k] = float32(w.alpha), w.gamma
	}
	f := &fast{}
	for range chunks {
		rows := kernel.FocalOf(set, terms)
		if rows == nil {
			return nil
		}
		f.rows = append(f.rows, rows)
	}
	if s.gate == "" {
		return f
	}
	f.gate = make([]uint32, len(s.gate))
	for i := range f.gate {
		f.gate[i] = -uint32(s.gate[i])
	}
	if s.topKSkipsGated {
		f.skip = f.gate
	}
	return f
}

// picked is a key below every limit, as Focal compares.
const picked = 1 << 31

// fastRow is row with assembly. Ties are settled first, by keys below the limit.
func (e *Evaluator[T]) fastRow(r, chunk, ties int) int {
	from, to := r*e.classes, (r+1)*e.classes
	labels := float32s(e.labels[from:to])
	weight := float32(1)
	if e.normalize {
		n := countLabels(labels)
		weight = 1 + 1/float32(1+n.Positives+n.Negatives)
	}
	var keys []uint32
	limit := uint32(0)
	if e.sel != nil {
		keys, limit = e.sel.keys[from:to], e.sel.limit
		for i := 0; i < len(keys) && ties > 0; i++ {
			if keys[i] == limit {
				keys[i] = picked
				ties--
			}
		}
	}
	s := e.fast.rows[chunk].Row(float32s(e.grad[from:to]), float32s(e.logits[from:to]), labels, e.fast.gate, keys, limit, weight)
	e.terms[r] = Terms{
		Positive: s.Loss[positive], Negative: s.Loss[negative], Unknown: s.Loss[unknown],
		Positives: s.Cells[positive], Negatives: s.Cells[negative], Unknowns: s.Cells[unknown],
		DroppedPrior: s.Gated, DroppedTopK: s.Picked, DroppedBoth: s.Both,
	}
	return ties
}

// fastKeys is fill with assembly.
func (e *Evaluator[T]) fastKeys(chunk, from, to int) {
	least := e.sel.leastLogit()
	for at := from; at < to; at += e.classes {
		end := at + e.classes
		e.fast.rows[chunk].Keys(e.sel.keys[at:end], float32s(e.logits[at:end]), float32s(e.labels[at:end]), e.fast.skip, least)
	}
	e.sel.countTop(chunk, e.sel.keys[from:to], e.budget, e.fast.rows[chunk].Skip)
}

// fastCount is selection.count with assembly, which skips what begins with a greater prefix: nearly all.
// After every key that it finds it looks at a stretch one by one, in case there are more after all.
func (e *Evaluator[T]) fastCount(chunk, from, to int) {
	const stretch = 64
	s := e.sel
	clear(s.counts[chunk][:])
	first, width := s.prefixed()
	for keys := s.keys[from:to]; len(keys) > 0; {
		keys = keys[e.fast.rows[chunk].Skip(keys, first+width):]
		n := min(stretch, len(keys))
		s.add(chunk, keys[:n])
		keys = keys[n:]
	}
}

// float32s is x as what it is: the assembly path exists for float32 only.
func float32s[T kernel.Float](x []T) []float32 {
	y, _ := any(x).([]float32)
	return y
}
