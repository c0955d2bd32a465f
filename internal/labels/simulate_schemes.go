package labels

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// SinglePositive keeps one positive of each image, drawn at random; all else is unknown. Images without a positive
// stay, without labels. (Cole et al. 2021, "Multi-Label Learning from Single Positive Labels".)
func SinglePositive(s *Set, seed uint64) *Set {
	rng := rand.New(rand.NewPCG(seed, streamSingle<<32))
	out := unknownLike(s)
	out.ends = make([]uint32, s.Len())
	var present []int
	for i := range s.Len() {
		present = present[:0]
		s.Annotated(i, func(class int, state State) {
			if state == Positive {
				present = append(present, class)
			}
		})
		if len(present) > 0 {
			out.cells = append(out.cells, newCell(present[rng.IntN(len(present))], Positive))
		}
		out.ends[i] = uint32(len(out.cells))
	}
	return out
}

// absentPerPresent is how many absent labels [OpenImagesLike] keeps for each present one.
const absentPerPresent = 3

// OpenImagesLike keeps labels as people who verify a machine's proposals leave them: of a class that is present in n
// images, each present label is kept with chance min(1, sqrt(often/n)), so that common classes are asked less often,
// and each absent one with the chance that leaves three absent labels for each present one, as far as there are that
// many. often is at least 1: classes present in no more images than that keep all their present labels. Images left
// without labels stay.
func OpenImagesLike(s *Set, often float64, seed uint64) (*Set, error) {
	if !(often >= 1) || math.IsInf(often, 0) {
		return nil, fmt.Errorf("simulate openimages: %v present labels that a class keeps in full: want at least 1", often)
	}
	st := s.Stats()
	present, absent := make([]float64, len(st.Classes)), make([]float64, len(st.Classes))
	left := 0.0
	for class, c := range st.Classes {
		n := float64(max(1, c.Positives))
		present[class] = min(1, math.Sqrt(often/n))
		absent[class] = min(1, absentPerPresent*present[class]*n/float64(max(1, c.Negatives)))
		left += present[class]*n + absent[class]*float64(c.Negatives)
	}
	if left > math.MaxUint32/2 {
		return nil, fmt.Errorf("simulate openimages: about %.3g labels would be left, too many to store", left)
	}
	rng := rand.New(rand.NewPCG(seed, streamOpenImages<<32))
	return thinned(s, func(class int, state State) bool {
		chance := present[class]
		if state == Negative {
			chance = absent[class]
		}
		return rng.Float64() < chance
	}), nil
}
