package predict

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"csl/internal/dist"
	"csl/internal/images/loader"
)

// Turns is what a rank scores of a pass over images in order: whole batches, of which ranks take turns, so that each is
// computed as one process does, to the bit.
func Turns(g dist.Group) loader.Part {
	return loader.Part{Number: g.Rank(), Of: g.Size(), Batches: true}
}

// Gather joins, on rank 0, the batches that ranks have computed in a round, in the order of ranks: the numbers of their
// images, and for each of them and each of sets a row of classes scores, as everywhere [images,classes]. sets have
// the same number on all ranks; a rank may have no image. The others get nothing.
func Gather(g dist.Group, classes int, samples []int, sets ...[]float32) (allSamples []int, allSets [][]float32, err error) {
	if g.Size() == 1 {
		return samples, sets, nil
	}
	var mine []byte
	for _, n := range samples {
		mine = binary.LittleEndian.AppendUint64(mine, uint64(n))
	}
	for _, set := range sets {
		for _, v := range set[:len(samples)*classes] {
			mine = binary.LittleEndian.AppendUint32(mine, math.Float32bits(v))
		}
	}
	parts, err := g.Gather(mine, 0)
	if err != nil || g.Rank() != 0 {
		return nil, nil, err
	}
	allSets = make([][]float32, len(sets))
	each := 8 + 4*classes*len(sets) // bytes of an image
	for rank, part := range parts {
		n := len(part) / each
		if n*each != len(part) {
			return nil, nil, fmt.Errorf("rank %d sent %d bytes of scores, not whole images of %d", rank, len(part), each)
		}
		for range n {
			allSamples = append(allSamples, int(binary.LittleEndian.Uint64(part)))
			part = part[8:]
		}
		for k := range allSets {
			allSets[k] = slices.Grow(allSets[k], n*classes)
			for range n * classes {
				allSets[k] = append(allSets[k], math.Float32frombits(binary.LittleEndian.Uint32(part)))
				part = part[4:]
			}
		}
	}
	return allSamples, allSets, nil
}
