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

// LargestShared is how many images a batch of a pass has at most where ranks share it and the size of batches is that of
// training: their parts of those are far smaller, and so may be their memory.
const LargestShared = 128

// Gather joins, on rank 0, the batches that ranks have computed in a round, in the order of ranks: the numbers of their
// images, and for each of them and each of sets a row of classes scores, as everywhere [images,classes]. sets have
// the same number on all ranks; a rank may have no image. The others get nothing.
func Gather(g dist.Group, classes int, samples []int, sets ...[]float32) (allSamples []int, allSets [][]float32, err error) {
	parts, err := g.Gather(packed(classes, samples, sets), 0)
	if err != nil || g.Rank() != 0 {
		return nil, nil, err
	}
	return joined(classes, len(sets), parts)
}

// GatherForAll is Gather on every rank.
func GatherForAll(g dist.Group, classes int, samples []int, sets ...[]float32) (allSamples []int, allSets [][]float32, err error) {
	parts, err := g.AllGather(packed(classes, samples, sets))
	if err != nil {
		return nil, nil, err
	}
	return joined(classes, len(sets), parts)
}

// packed are the numbers of images, then the rows of each set, as bytes.
func packed(classes int, samples []int, sets [][]float32) (mine []byte) {
	for _, n := range samples {
		mine = binary.LittleEndian.AppendUint64(mine, uint64(n))
	}
	for _, set := range sets {
		for _, v := range set[:len(samples)*classes] {
			mine = binary.LittleEndian.AppendUint32(mine, math.Float32bits(v))
		}
	}
	return mine
}

// joined is what the ranks packed, one behind the other.
func joined(classes, sets int, parts [][]byte) (samples []int, all [][]float32, err error) {
	all = make([][]float32, sets)
	each := 8 + 4*classes*sets // bytes of an image
	for rank, part := range parts {
		n := len(part) / each
		if n*each != len(part) {
			return nil, nil, fmt.Errorf("rank %d sent %d bytes of scores, not whole images of %d", rank, len(part), each)
		}
		for range n {
			samples = append(samples, int(binary.LittleEndian.Uint64(part)))
			part = part[8:]
		}
		for k := range all {
			all[k] = slices.Grow(all[k], n*classes)
			for range n * classes {
				all[k] = append(all[k], math.Float32frombits(binary.LittleEndian.Uint32(part)))
				part = part[4:]
			}
		}
	}
	return samples, all, nil
}
