package train

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"csl/internal/images/loader"
)

// addParts scores what this rank has of a batch and adds the whole batch, in the order of its images, on rank 0: the
// metrics there are those of one process. All ranks stop at the same batch.
func (v *validating) addParts(ctx context.Context, all []candidate, b *loader.Batch) error {
	if err := v.stops.poll(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return v.ranks.shared(err)
	}
	var mine []byte
	for _, n := range b.Samples {
		mine = binary.LittleEndian.AppendUint32(mine, uint32(n))
	}
	for _, c := range all {
		if b.N == 0 {
			break
		}
		s, err := c.score(b, v.set)
		if err != nil {
			return err
		}
		for _, x := range s.Scores {
			mine = binary.LittleEndian.AppendUint32(mine, math.Float32bits(x))
		}
	}
	parts, err := v.ranks.group.Gather(mine, 0)
	if err != nil || !v.ranks.first() {
		return err
	}
	return v.join(all, parts)
}

// join adds the parts of a batch: of each the numbers of its images, then the scores of each candidate.
func (v *validating) join(all []candidate, parts [][]byte) error {
	classes := v.set.NumClasses()
	each := 4 * (1 + classes*len(all)) // bytes of an image
	var names []string
	var states []int8
	scores := make([][]float32, len(all))
	for rank, part := range parts {
		n := len(part) / each
		if n*each != len(part) {
			return fmt.Errorf("rank %d sent %d bytes of scores, not whole images of %d bytes", rank, len(part), each)
		}
		next := func() (x uint32) {
			x, part = binary.LittleEndian.Uint32(part), part[4:]
			return x
		}
		for range n {
			image := int(next())
			names = append(names, v.set.ImageName(image))
			from := len(states)
			states = append(states, make([]int8, classes)...)
			v.set.Row(image, states[from:])
		}
		for k := range scores {
			for range n * classes {
				scores[k] = append(scores[k], math.Float32frombits(next()))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	for k, c := range all {
		if err := c.acc.Add(names, scores[k], states); err != nil {
			return err
		}
	}
	return nil
}
