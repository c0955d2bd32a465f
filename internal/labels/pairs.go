package labels

import (
	"cmp"
	"slices"
)

// Pair is two classes that are present in the same images.
type Pair struct {
	A, B  int   // classes, A < B
	Count int64 // images in which both are present
	// Lift is how many times as often that is as if the two had nothing to do with each other: images
	// times Count over the product of both classes' positives.
	Lift float64
}

// TopPairs are the n pairs of classes that are present together most often; of equals, the one with
// lower class numbers comes first.
func (s *Set) TopPairs(n int) []Pair {
	positives := make([]int64, s.NumClasses())
	counts := map[uint64]int64{}
	var present []int
	for i := range s.Len() {
		present = present[:0]
		s.Annotated(i, func(class int, state State) {
			if state == Positive {
				present = append(present, class)
			}
		})
		for k, b := range present {
			positives[b]++
			for _, a := range present[:k] {
				counts[uint64(a)<<32|uint64(b)]++
			}
		}
	}
	pairs := make([]Pair, 0, len(counts))
	for key, count := range counts {
		a, b := int(key>>32), int(uint32(key))
		lift := float64(s.Len()) * float64(count) / (float64(positives[a]) * float64(positives[b]))
		pairs = append(pairs, Pair{A: a, B: b, Count: count, Lift: lift})
	}
	slices.SortFunc(pairs, func(x, y Pair) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return slices.Clip(pairs[:min(n, len(pairs))])
}
