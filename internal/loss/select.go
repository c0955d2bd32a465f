package loss

import (
	"math"

	"csl/internal/kernel"
)

// The order of the top-K is that of q as float32. q lies in [0, 1], where the bits of a float32
// rise with its value: keys are those bits, selected by three rounds of counting, 10 bits each.
const (
	keyBits    = 10
	keyBuckets = 1 << keyBits
	keyNone    = 1 << (3 * keyBits) // greater than the bits of any number in [0, 1]
)

// selection finds the cells with the smallest keys without sorting: a key `limit` such that every
// cell with a smaller key is taken, and how many of those with an equal key, the first in flat
// order, are taken too. All scratch is allocated once.
type selection struct {
	keys    []uint32             // per cell; keyNone unless the cell is a candidate
	counts  [][keyBuckets]uint32 // per chunk
	counted []int                // per chunk: of the first round
	ties    []int                // per chunk: cells with the key `limit` that are taken
	shift   uint                 // of the round
	prefix  uint32               // the bits above the round's, already known
	top     int                  // the greatest bucket that the first round counts
	limit   uint32
	total   [keyBuckets]int64 // of all chunks
	summed  bool              // total is that of the round already
	shared  sharedCounts      // of the run
}

func newSelection(cells, chunks int) *selection {
	return &selection{
		keys:    make([]uint32, cells),
		counts:  make([][keyBuckets]uint32, chunks),
		counted: make([]int, chunks),
		ties:    make([]int, chunks),
		top:     keyBuckets - 1,
	}
}

// negativeKey is the key of a cell: the bits of q = min(1, 1-p+clip) in float32.
func negativeKey(x, e, clip float32) uint32 {
	q := 1 - sigmoid(x, e)
	if clip > 0 {
		q = min(q+clip, 1)
	}
	return min(math.Float32bits(q), keyNone) // NaN is not a candidate
}

// fill computes the keys of a chunk, from cell `from` on, and counts their top bits. skip marks the
// classes that are not candidates (empty: none).
func fill[T kernel.Float](s *selection, chunk, from int, logits, labels, e []T, clip float32, skip string, classes int) {
	counts := &s.counts[chunk]
	clear(counts[:])
	keys := s.keys[from : from+len(logits)]
	column, counted := 0, 0
	for i, x := range logits {
		key := uint32(keyNone)
		if labels[i] == -1 && (skip == "" || skip[column] == 0) {
			if key = negativeKey(float32(x), float32(e[i]), clip); key != keyNone {
				counts[key>>(2*keyBits)]++
				counted++
			}
		}
		keys[i] = key
		if column++; column == classes {
			column = 0
		}
	}
	s.counted[chunk] = counted
}

// count counts, for the keys of a chunk that begin with the known prefix, the next bits.
func (s *selection) count(chunk, from, to int) {
	clear(s.counts[chunk][:])
	s.add(chunk, s.keys[from:to])
}

// prefixed is the range of the keys that begin with the known prefix.
func (s *selection) prefixed() (first, width uint32) {
	shift := s.shift + keyBits
	return s.prefix << shift, 1 << shift
}

// add is count of some keys.
func (s *selection) add(chunk int, keys []uint32) {
	counts, shift := &s.counts[chunk], s.shift&31
	first, width := s.prefixed()
	for _, key := range keys {
		if d := key - first; d < width {
			counts[d>>shift&(keyBuckets-1)]++
		}
	}
}

// countTop counts the top bits of the keys of a chunk up to bucket s.top, as far as they can be among the
// budget smallest: once more than budget keys are counted, those of greater buckets need not be. skip is how
// many keys go before the next ones that are below a limit, roughly: it saves looking at each.
func (s *selection) countTop(chunk int, keys []uint32, budget int, skip func(keys []uint32, limit uint32) int) {
	const stretch, shift = 64, 2 * keyBits
	counts := &s.counts[chunk]
	clear(counts[:])
	top, counted := s.top, 0
	for len(keys) > 0 {
		limit := uint32(top+1) << shift
		keys = keys[skip(keys, limit):]
		n := min(stretch, len(keys))
		for _, key := range keys[:n] {
			if key < limit {
				counts[key>>shift&(keyBuckets-1)]++
				counted++
			}
		}
		for keys = keys[n:]; counted-int(counts[top]) > budget; top-- {
			counted -= int(counts[top])
		}
	}
	s.counted[chunk] = counted
}

// begin starts a selection among the cells of whole; nil: among those that are here.
func (s *selection) begin(whole Whole) {
	s.summed = false
	if s.shared.begin(whole); whole != nil {
		s.top = keyBuckets - 1
	}
}

// totals adds the counts of the chunks, and of the parts of the batch, up.
func (s *selection) totals() *[keyBuckets]int64 {
	clear(s.total[:])
	for c := range s.counts {
		for b, v := range &s.counts[c] {
			s.total[b] += int64(v)
		}
	}
	s.shared.sum(s.total[:])
	return &s.total
}

// candidates is the number of keys that the first round counted: all of them, or more than the budget.
func (s *selection) candidates() int {
	n := 0
	if s.shared.on() { // parts count everything, so that the totals tell it with no exchange more
		for _, v := range s.totals() {
			n += int(v)
		}
		s.summed = true
		return n
	}
	for _, v := range s.counted {
		n += v
	}
	return n
}

// expect lets the next first round count little more than what it needed this time: batches are alike. Parts of
// a batch count everything, as each has a past of its own.
func (s *selection) expect() {
	if !s.shared.on() {
		s.top = min(keyBuckets-1, int(s.prefix)+4)
	}
}

// leastLogit is a logit below which no key is in a bucket that the first round counts. q is 1-sigmoid(x)
// rounded twice, which moves it by less than 2e-7.
func (s *selection) leastLogit() float32 {
	if s.top == keyBuckets-1 {
		return float32(math.Inf(-1))
	}
	q := float64(math.Float32frombits(uint32(s.top+1)<<(2*keyBits))) + 2e-7
	if q >= 1 {
		return float32(math.Inf(-1))
	}
	return float32(math.Log((1-q)/q) - 1e-3)
}

// all lets the first round count everything, and is whether it did not.
func (s *selection) all() bool {
	before := s.top
	s.top = keyBuckets - 1
	return s.top > before
}

// narrow picks the bucket of the round that holds the cell number rank (from 0, by key) and returns
// the rank within that bucket.
func (s *selection) narrow(rank int) int {
	if !s.summed {
		s.totals()
	}
	s.summed = false
	for b, n := range &s.total {
		if rank < int(n) {
			s.prefix = s.prefix<<keyBits | uint32(b)
			return rank
		}
		rank -= int(n)
	}
	return rank // not reached: rank is smaller than the number of counted keys
}

// takeAll takes every candidate.
func (s *selection) takeAll() { s.take(keyNone, 0) }

// take sets the limit and shares the n cells with an equal key out to the chunks, first come first
// served: the parts of a batch in their order, and in a part the chunks. The counts must be those of the last round.
func (s *selection) take(limit uint32, n int) {
	s.limit = limit
	if n > 0 {
		n = s.shared.left(n, s.tied())
	}
	for c := range s.ties {
		s.ties[c] = min(n, int(s.counts[c][limit&(keyBuckets-1)]))
		n -= s.ties[c]
	}
}

// tied is the number of cells here whose key is the limit, as the last round counted them.
func (s *selection) tied() int {
	n := 0
	for c := range s.counts {
		n += int(s.counts[c][s.limit&(keyBuckets-1)])
	}
	return n
}
