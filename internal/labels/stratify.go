package labels

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// streamStratify is the purpose of the random numbers of [Set.Stratify]; see streamFPC.
const streamStratify = 10

// Stratify splits the set into parts with these shares of the images, which add up to 1, so that each class is
// present in about that share of each part's images: iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011,
// "On the Stratification of Multi-label Data", algorithm 1). Images of the rarest class are dealt first. Unlike
// the paper, a class that is present in at least as many images as there are parts is wanted in each part at
// least once. Images keep their order. The same set, shares and seed give the same parts. A part
// without images is an error.
func (s *Set) Stratify(shares []float64, seed uint64) ([]*Set, error) {
	sum := 0.0
	for _, v := range shares {
		if !(v > 0 && v < 1) {
			return nil, fmt.Errorf("split: share %v: want more than 0 and less than 1", v)
		}
		sum += v
	}
	if math.Abs(sum-1) > 1e-6 {
		return nil, fmt.Errorf("split: the shares add up to %v, want 1", sum)
	}
	d := newDealer(s, shares, rand.New(rand.NewPCG(seed, streamStratify<<32)))
	d.dealClasses()
	d.dealRest()
	parts := make([]*Set, len(shares))
	for p := range parts {
		if parts[p] = s.Filter(func(i int) bool { return d.part[i] == p }); parts[p].Len() == 0 {
			return nil, errors.New("split: too few images: a part would be empty")
		}
	}
	return parts, nil
}

// dealer deals images out to parts.
type dealer struct {
	set    *Set
	rng    *rand.Rand
	images []int       // in random order
	part   []int       // of each image; -1 = not dealt yet
	left   []int       // images of each class that are not dealt yet
	want   [][]float64 // images of each class that each part still wants
	size   []float64   // images that each part still wants
	best   []int       // scratch of choose
}

func newDealer(s *Set, shares []float64, rng *rand.Rand) *dealer {
	d := &dealer{set: s, rng: rng, images: rng.Perm(s.Len()), part: slices.Repeat([]int{-1}, s.Len()), left: make([]int, s.NumClasses())}
	for i := range s.Len() {
		d.present(i, func(class int) { d.left[class]++ })
	}
	for _, n := range d.left {
		d.want = append(d.want, wanted(n, shares))
	}
	for _, share := range shares {
		d.size = append(d.size, share*float64(s.Len()))
	}
	return d
}

// wanted shares out the n images of a class: at least one to each part, if there are enough, at the expense of the
// largest.
func wanted(n int, shares []float64) []float64 {
	want := make([]float64, len(shares))
	largest := 0
	for p, share := range shares {
		want[p] = share * float64(n)
		if share > shares[largest] {
			largest = p
		}
	}
	if n < len(shares) {
		return want
	}
	for p := range want {
		if missing := 1 - want[p]; missing > 0 && p != largest {
			want[p] += missing
			want[largest] -= missing
		}
	}
	return want
}

// present calls f for each class that is present in image i.
func (d *dealer) present(i int, f func(class int)) {
	d.set.Annotated(i, func(class int, state State) {
		if state == Positive {
			f(class)
		}
	})
}

// dealClasses deals the images in which a class is present, those of the class with the fewest left first.
func (d *dealer) dealClasses() {
	byClass := make([][]int, d.set.NumClasses())
	for _, i := range d.images {
		d.present(i, func(class int) { byClass[class] = append(byClass[class], i) })
	}
	order := d.rng.Perm(d.set.NumClasses())
	for {
		rarest := -1
		for _, class := range order {
			if d.left[class] > 0 && (rarest < 0 || d.left[class] < d.left[rarest]) {
				rarest = class
			}
		}
		if rarest < 0 {
			return
		}
		for _, i := range byClass[rarest] {
			if d.part[i] < 0 {
				d.deal(i, d.choose(d.want[rarest]))
			}
		}
	}
}

// dealRest deals the images in which no class is present.
func (d *dealer) dealRest() {
	for _, i := range d.images {
		if d.part[i] < 0 {
			d.deal(i, d.choose(d.size))
		}
	}
}

// choose is the part that wants most, of these the one that wants most images, of these any.
func (d *dealer) choose(want []float64) int {
	d.best = d.best[:0]
	for p := range want {
		if len(d.best) > 0 {
			b := d.best[0]
			if want[p] < want[b] || want[p] == want[b] && d.size[p] < d.size[b] {
				continue
			}
			if want[p] > want[b] || d.size[p] > d.size[b] {
				d.best = d.best[:0]
			}
		}
		d.best = append(d.best, p)
	}
	if len(d.best) == 1 {
		return d.best[0]
	}
	return d.best[d.rng.IntN(len(d.best))]
}

func (d *dealer) deal(i, part int) {
	d.part[i] = part
	d.size[part]--
	d.present(i, func(class int) {
		d.left[class]--
		d.want[class][part]--
	})
}
