package train

import (
	"fmt"
	"math"
	"os"
)

// weighed is what a rank's weights come to.
type weighed struct {
	Host string
	Sum  uint64
}

// sameWeights makes sure that weights, averages and moments are the same on all ranks, to the bit. All compute the same
// steps from the same sums: where they differ, memory or a processor is broken.
func (t *trainer) sameWeights() error {
	if t.ranks.alone() {
		return nil
	}
	host, _ := os.Hostname() // a name less in the message
	all, err := gatherJSON(t.ranks.group, weighed{host, t.stepper.sum()})
	if err != nil {
		return err
	}
	votes := map[uint64]int{}
	for _, w := range all {
		votes[w.Sum]++
	}
	right := all[0].Sum
	for _, w := range all { // in order of ranks: of equal numbers the first wins
		if votes[w.Sum] > votes[right] {
			right = w.Sum
		}
	}
	for rank, w := range all {
		if w.Sum != right {
			return common{fmt.Errorf("rank %d on %s has other weights than the others after step %d: its memory or processor may be faulty; %s",
				rank, w.Host, t.Cursor.Step, t.lastGood())}
		}
	}
	return nil
}

// lastGood says from where the run can go on.
func (t *trainer) lastGood() string {
	if t.saved == "" {
		return "nothing had been saved yet"
	}
	return "the last good state is " + t.saved
}

// sum is a checksum of all that a step changes: FNV-1a over 64 bits at a time. A number that differs alone always changes it.
func (s *stepper) sum() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	sum := uint64(offset)
	for _, v := range s.vectors() {
		for len(v) >= 2 {
			two := uint64(math.Float32bits(v[0]))<<32 | uint64(math.Float32bits(v[1]))
			sum = (sum ^ two) * prime
			v = v[2:]
		}
		for _, x := range v {
			sum = (sum ^ uint64(math.Float32bits(x))) * prime
		}
	}
	return sum
}
