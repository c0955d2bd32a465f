package labels

import (
	"fmt"
	"math/rand/v2"
)

// plantSeed is the purpose of the random numbers that choose labels to turn round.
const plantSeed = 0x706c616e74 // "plant"

// PlantWrong turns a share of the annotated cells, chosen by seed, into the other label, positive or negative: wrong
// labels whose truth is known. planted is their number, which is share times the annotated cells, rounded.
func PlantWrong(s *Set, share float64, seed uint64) (out *Set, planted int64, err error) {
	if !(share > 0 && share < 1) {
		return nil, 0, fmt.Errorf("share of wrong labels %v: must be between 0 and 1", share)
	}
	all := s.Stats().Total
	left := all.Positives + all.Negatives
	want := int64(share*float64(left) + 0.5)
	r := rand.New(rand.NewPCG(seed, plantSeed))
	var b Builder
	for i := range s.Len() {
		row, _ := b.Image(s.ImageName(i))
		s.Annotated(i, func(class int, state State) {
			if left > 0 && r.Int64N(left) < want-planted { // each of the cells that are left is as likely as any other
				planted++
				state = Positive + Negative - state
			}
			left--
			b.Add(row, class, state)
		})
	}
	out, err = b.Build(s.Classes, Unknown)
	return out, planted, err
}
