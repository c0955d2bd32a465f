package metric

import (
	"math"
	"slices"
)

// key orders cells of one ranking: by score, and of equal scores by their place in the input. Keys of
// different places differ; the greatest ranks first.
func key(score float32, place int) uint64 {
	if score == 0 {
		score = 0 // -0 and +0 are equal
	}
	bits := math.Float32bits(score)
	if bits>>31 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 31
	}
	return uint64(bits)<<32 | uint64(uint32(place))
}

// ranking computes an average precision without sorting more than the positives: it only has to know
// how many others lie between each two of them.
type ranking struct {
	positives []uint64 // keys, ascending once sorted
	others    []int    // others[i]: keys above exactly i positives; one longer than positives
	lowest    uint64   // key of a positive; keys below it do not matter, and most are
}

// sort must follow the last positive and precede the first add.
func (r *ranking) sort() {
	slices.Sort(r.positives)
	r.others = make([]int, len(r.positives)+1)
	r.lowest = math.MaxUint64
	if len(r.positives) > 0 {
		r.lowest = r.positives[0]
	}
}

// add counts a key that is not a positive's.
func (r *ranking) add(k uint64) {
	if k < r.lowest {
		return
	}
	i, _ := slices.BinarySearch(r.positives, k)
	r.others[i]++
}

// precisionSum is the sum over the positives of the precision at their rank.
func (r *ranking) precisionSum() float64 {
	sum, above := 0.0, 0
	n := len(r.positives)
	for i := n - 1; i >= 0; i-- {
		above += r.others[i+1]
		hits := n - i
		sum += float64(hits) / float64(hits+above)
	}
	return sum
}
