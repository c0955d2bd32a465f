package loss

import (
	"math"

	"csl/internal/kernel"
)

// Largest finds the unknown cells with the largest values of a batch, such as logits: those with the largest
// cross entropy as negatives. They are compared as float32; of equal ones the cell that comes first, by
// image, then class, goes first. Two rounds of counting, 16 bits each, replace sorting.
type Largest struct {
	marked []bool  // per cell
	counts []int64 // of the 16 bits of a round
	shared sharedCounts
}

// NewLargest is for batches of up to that many cells.
func NewLargest(cells int) *Largest {
	return &Largest{marked: make([]bool, cells), counts: make([]int64, 1<<16)}
}

// fallingKey is the smaller the larger x is.
func fallingKey(x float32) uint32 {
	bits := math.Float32bits(x + 0) // -0 becomes 0
	if bits>>31 == 0 {
		return ^(bits | 1<<31)
	}
	return bits
}

// Mark marks the n cells labelled -1 with the largest values, or all if there are no more, and returns the mark
// of each cell, valid until the next call. The values of those cells are not NaN. whole is the batch of which the
// cells are a part, nil where they are all of it: n is of the whole batch.
func Mark[T kernel.Float](l *Largest, whole Whole, values, labels []T, n int) []bool {
	l.shared.begin(whole)
	marked := l.marked[:len(values)]
	clear(marked)
	if n == 0 {
		return marked
	}
	limit, ties := uint32(math.MaxUint32), 0
	first, rank, all := narrowed(l, values, labels, n, func(key uint32) (uint32, bool) { return key >> 16, true })
	if !all {
		var second uint32
		second, ties, _ = narrowed(l, values, labels, rank, func(key uint32) (uint32, bool) { return key & 0xffff, key>>16 == first })
		limit = first<<16 | second
		ties = l.shared.left(ties, tied(l, values, labels, limit))
	}
	for i, x := range values {
		if labels[i] != -1 {
			continue
		}
		key := fallingKey(float32(x))
		if key < limit || all {
			marked[i] = true
		} else if key == limit && ties > 0 {
			marked[i] = true
			ties--
		}
	}
	return marked
}

// narrowed counts the unknown cells by a part of their keys and finds the part of the n-th, and how many
// cells with that part are still among the n. all says that there are not more than n.
func narrowed[T kernel.Float](l *Largest, values, labels []T, n int, part func(key uint32) (uint32, bool)) (at uint32, left int, all bool) {
	clear(l.counts)
	for i, x := range values {
		if labels[i] != -1 {
			continue
		}
		if p, ok := part(fallingKey(float32(x))); ok {
			l.counts[p]++
		}
	}
	l.shared.sum(l.counts)
	for p, c := range l.counts {
		if n <= int(c) {
			return uint32(p), n, false
		}
		n -= int(c)
	}
	return 0, 0, true
}

// tied is the number of unknown cells here with that key; where all are here nobody asks.
func tied[T kernel.Float](l *Largest, values, labels []T, limit uint32) (n int) {
	if !l.shared.on() {
		return 0
	}
	for i, x := range values {
		if labels[i] == -1 && fallingKey(float32(x)) == limit {
			n++
		}
	}
	return n
}

// cells appends the marked cells to dst.
func (l *Largest) cells(dst []int) []int {
	for i, m := range l.marked {
		if m {
			dst = append(dst, i)
		}
	}
	return dst
}
