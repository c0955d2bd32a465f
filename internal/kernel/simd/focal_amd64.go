package simd

import (
	"math"

	"csl/internal/kernel"
)

// See asm.FocalAVX2 and asm.FocalKeysAVX2.
type (
	focalFunc     func(n int, logits, labels, grad *float32, gate, keys *uint32, limit uint32, terms *float32, gammas *int32, live *uint32, focus uint32, weight float32, counts *int32, sums *float64)
	focalKeysFunc func(n int, logits, labels *float32, skip, keys *uint32, least float32)
)

// mostLanes is the number of lanes of the widest instruction set.
const mostLanes = 16

// focalRows is a Focal. Everything that assembly is given is on the heap, as it is called through a
// pointer.
type focalRows struct {
	s      *simd
	alpha  [kernel.FocalKinds]float32
	gamma  [kernel.FocalKinds]int32
	live   [kernel.FocalKinds]uint32
	focus  uint32
	counts [6 * mostLanes]int32 // of the current row
	sums   [kernel.FocalKinds * mostLanes]float64

	// The last, incomplete vector of a row.
	logits, labels, grad [mostLanes]float32
	gate, keys           [mostLanes]uint32
}

// Focal plans a Focal for these terms, whose gammas are whole numbers from 0 to 7.
func (s simdSet) Focal(t kernel.FocalTerms) kernel.Focal {
	f := &focalRows{s: s.simd, alpha: t.Alpha, focus: allBits(t.FocusGrad)}
	for k := range kernel.FocalKinds {
		f.gamma[k], f.live[k] = int32(t.Gamma[k]), allBits(t.Live[k])
	}
	return f
}

func allBits(b bool) uint32 {
	if b {
		return math.MaxUint32
	}
	return 0
}

// Row implements Focal.
func (f *focalRows) Row(grad, logits, labels []float32, gate, keys []uint32, limit uint32, weight float32) kernel.FocalSums {
	clear(f.counts[:])
	clear(f.sums[:])
	n := len(logits)
	whole := n - n%f.s.lanes
	if whole > 0 {
		f.vectors(whole, grad, logits, labels, gate, keys, limit, weight)
	}
	if rest := n - whole; rest > 0 {
		f.take(logits[whole:], labels[whole:])
		if gate != nil {
			gate = f.gate[:copy(f.gate[:], gate[whole:])]
		}
		if keys != nil {
			keys = f.keys[:copy(f.keys[:], keys[whole:])]
		}
		f.vectors(f.s.lanes, f.grad[:], f.logits[:], f.labels[:], gate, keys, limit, weight)
		copy(grad[whole:n], f.grad[:])
	}
	return f.total()
}

// vectors computes whole vectors.
func (f *focalRows) vectors(n int, grad, logits, labels []float32, gate, keys []uint32, limit uint32, weight float32) {
	f.s.focal(n, &logits[0], &labels[0], &grad[0], firstOf(gate), firstOf(keys), limit,
		&f.alpha[0], &f.gamma[0], &f.live[0], f.focus, weight, &f.counts[0], &f.sums[0])
}

// take copies the cells of the last vector and fills it with cells that take no part.
func (f *focalRows) take(logits, labels []float32) {
	clear(f.logits[copy(f.logits[:], logits):])
	for i := copy(f.labels[:], labels); i < mostLanes; i++ {
		f.labels[i] = 2
	}
}

// firstOf points to the first element, nil if there is none.
func firstOf[E any](v []E) *E {
	if len(v) == 0 {
		return nil
	}
	return &v[0]
}

// total adds the lanes up, in order.
func (f *focalRows) total() kernel.FocalSums {
	var t kernel.FocalSums
	var cells [6]int
	for i := range cells {
		for _, v := range f.counts[i*f.s.lanes:][:f.s.lanes] {
			cells[i] += int(v)
		}
	}
	for k := range kernel.FocalKinds {
		t.Cells[k] = cells[k]
		for _, v := range f.sums[k*f.s.lanes:][:f.s.lanes] {
			t.Loss[k] += v
		}
	}
	t.Gated, t.Picked, t.Both = cells[kernel.FocalKinds], cells[kernel.FocalKinds+1], cells[kernel.FocalKinds+2]
	return t
}

// Keys implements Focal.
func (f *focalRows) Keys(keys []uint32, logits, labels []float32, skip []uint32, least float32) {
	n := len(logits)
	whole := n - n%f.s.lanes
	if whole > 0 {
		f.s.focalKeys(whole, &logits[0], &labels[0], firstOf(skip), &keys[0], least)
	}
	if whole == n {
		return
	}
	f.take(logits[whole:], labels[whole:])
	if skip != nil {
		skip = f.gate[:copy(f.gate[:], skip[whole:])]
	}
	f.s.focalKeys(f.s.lanes, &f.logits[0], &f.labels[0], firstOf(skip), &f.keys[0], least)
	copy(keys[whole:n], f.keys[:])
}

// Skip implements Focal.
func (f *focalRows) Skip(keys []uint32, limit uint32) int {
	n := len(keys) - len(keys)%f.s.lanes
	if n == 0 {
		return 0
	}
	return f.s.focalSkip(n, &keys[0], limit)
}
