package labels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
)

// Kinds of simulation, by the names that settings give them.
const (
	KindFPC        = "fpc"        // a fixed number of labels per class: FPC
	KindRPS        = "rps"        // random per sample: RPS
	KindSingle     = "single"     // one positive per image: SinglePositive
	KindOpenImages = "openimages" // common classes are asked about less often: OpenImagesLike
)

// SimulateKinds are the kinds that Simulate knows.
func SimulateKinds() []string { return []string{KindFPC, KindRPS, KindSingle, KindOpenImages} }

// Simulate hides labels: typ "fpc" keeps up to param positives and negatives
// per class ([FPC]), typ "rps" removes each label with probability param
// ([RPS]), typ "single" keeps one positive per image ([SinglePositive], which
// takes no param), and typ "openimages" keeps fewer labels of common classes
// ([OpenImagesLike]). The same set, param and seed give the same labels.
func Simulate(s *Set, typ string, param float64, seed uint64) (*Set, error) {
	switch typ {
	case KindFPC:
		if param != math.Trunc(param) || param < 1 || param > math.MaxUint32 {
			return nil, fmt.Errorf("simulate fpc: %v labels per class: want a whole number of at least 1", param)
		}
		return FPC(s, int(param), seed), nil
	case KindRPS:
		return RPS(s, param, seed)
	case KindSingle:
		return SinglePositive(s, seed), nil
	case KindOpenImages:
		return OpenImagesLike(s, param, seed)
	}
	return nil, fmt.Errorf("simulate: unknown type %q: want %s", typ, strings.Join(SimulateKinds(), ", "))
}

// Purposes of random streams, so that no two draws share one.
const (
	streamFPC = 1 + iota
	streamRPS
	streamSingle
	streamOpenImages
)

// FPC ("fixed per class") keeps for each class min(n, available) positives and
// as many negatives, drawn without replacement; all else is unknown. Images
// left without labels stay. n is at least 1. (CSL paper, section 4.1.)
func FPC(s *Set, n int, seed uint64) *Set {
	out := unknownLike(s)
	b := Builder{names: s.names}
	cols := newColumns(s)
	draw := sampler{drawn: make([]uint64, s.Len()/64+1)}
	for class := range s.Classes {
		rng := rand.New(rand.NewPCG(seed, streamFPC<<32|uint64(class)))
		for _, state := range []State{Positive, Negative} {
			rows := cols.rowsOf(s, class, state)
			for _, rank := range draw.sample(rng, rows.len(), n) {
				b.Add(rows.at(rank), class, state)
			}
		}
	}
	out.ends, out.cells = b.byRow()
	from := uint32(0)
	for _, end := range out.ends {
		slices.Sort(out.cells[from:end])
		from = end
	}
	return out
}

// RPS ("random per sample") removes each annotated cell with probability p,
// 0 <= p < 1. Images left without labels stay. (CSL paper, section 4.1.)
func RPS(s *Set, p float64, seed uint64) (*Set, error) {
	if !(p >= 0 && p < 1) {
		return nil, fmt.Errorf("simulate rps: probability %v of removing a label: want 0 <= p < 1", p)
	}
	if left := (1 - p) * float64(s.Stats().Annotated()); left > math.MaxUint32/2 {
		return nil, fmt.Errorf("simulate rps: about %.3g labels would be left, too many to store", left)
	}
	rng := rand.New(rand.NewPCG(seed, streamRPS<<32))
	return thinned(s, func(int, State) bool { return rng.Float64() >= p }), nil
}

// thinned is the set with the annotated cells for which keep is true. It is called for each, image by image.
func thinned(s *Set, keep func(class int, state State) bool) *Set {
	out := unknownLike(s)
	out.ends = make([]uint32, s.Len())
	for i := range s.Len() {
		s.Annotated(i, func(class int, state State) {
			if keep(class, state) {
				out.cells = append(out.cells, newCell(class, state))
			}
		})
		out.ends[i] = uint32(len(out.cells))
	}
	return out
}

// unknownLike is a set with the classes and image names of s in which a cell
// that is not stored is unknown. It has no rows yet.
func unknownLike(s *Set) *Set {
	defaults := make([]State, s.NumClasses())
	for i := range defaults {
		defaults[i] = Unknown
	}
	out := newSet(s.Classes, defaults)
	out.names = s.names
	return out
}

// sampler draws without replacement.
type sampler struct {
	drawn []uint64 // a bit per rank, clear between calls
	ranks []int
}

// sample draws min(n, available) different numbers below available, ascending,
// by Floyd's method: n draws and no shuffling of the rest. The result is valid
// until the next call.
func (s *sampler) sample(rng *rand.Rand, available, n int) []int {
	s.ranks = s.ranks[:0]
	if n >= available {
		for i := range available {
			s.ranks = append(s.ranks, i)
		}
		return s.ranks
	}
	for top := available - n; top < available; top++ {
		r := rng.IntN(top + 1)
		if s.drawn[r/64]>>(r%64)&1 != 0 {
			r = top // which cannot have been drawn before
		}
		s.drawn[r/64] |= 1 << (r % 64)
		s.ranks = append(s.ranks, r)
	}
	for _, r := range s.ranks {
		s.drawn[r/64] = 0
	}
	slices.Sort(s.ranks)
	return s.ranks
}

// columns are the stored cells of a set by class.
type columns struct {
	starts []uint32 // of each class, and the end of the last
	rows   []uint32 // ascending within a class
	states []State
}

func newColumns(s *Set) *columns {
	c := &columns{
		starts: make([]uint32, s.NumClasses()+1),
		rows:   make([]uint32, len(s.cells)),
		states: make([]State, len(s.cells)),
	}
	for _, cell := range s.cells {
		c.starts[cell.class()+1]++
	}
	for i := range s.NumClasses() {
		c.starts[i+1] += c.starts[i]
	}
	next := slices.Clone(c.starts)
	for i := range s.Len() {
		for _, cell := range s.row(i) {
			at := next[cell.class()]
			next[cell.class()]++
			c.rows[at], c.states[at] = uint32(i), cell.state()
		}
	}
	return c
}

// rowsOf is the images in which a class has a state.
func (c *columns) rowsOf(s *Set, class int, state State) rowList {
	stored := c.rows[c.starts[class]:c.starts[class+1]]
	if s.Default(class) == state {
		return rowList{rows: stored, all: s.Len(), inverted: true}
	}
	var rows []uint32
	for i, st := range c.states[c.starts[class]:c.starts[class+1]] {
		if st == state {
			rows = append(rows, stored[i])
		}
	}
	return rowList{rows: rows, all: s.Len()}
}

// rowList is a list of rows, ascending: those listed or, inverted, all others.
type rowList struct {
	rows     []uint32
	all      int
	inverted bool
}

func (l rowList) len() int {
	if l.inverted {
		return l.all - len(l.rows)
	}
	return len(l.rows)
}

// at is the row of that rank.
func (l rowList) at(rank int) int {
	if !l.inverted {
		return int(l.rows[rank])
	}
	// The listed row number k has rows[k]-k others before it: those with more than rank come after the row
	// that is looked for.
	before := sort.Search(len(l.rows), func(k int) bool { return int(l.rows[k])-k > rank })
	return rank + before
}
