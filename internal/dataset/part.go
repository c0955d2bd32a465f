package dataset

import (
	"fmt"
	"math/rand/v2"
)

// holdOut is the purpose of the random numbers that choose held-out images.
const holdOut = 0x76616c // "val"

// HoldOut takes a share of the images, chosen by seed, out of c and returns them as a separate split, which has to
// be closed before c. At least one image stays on either side.
func (c *Split) HoldOut(share float64, seed uint64) (*Split, error) {
	n := c.Set.Len()
	k := int(float64(n)*share + 0.5)
	if k < 1 || k >= n {
		return nil, fmt.Errorf("data.val.split %v holds out %d of %d images", share, k, n)
	}
	out := make([]bool, n)
	for _, i := range rand.New(rand.NewPCG(seed, holdOut)).Perm(n)[:k] {
		out[i] = true
	}
	val := &Split{Source: c.Source, shared: true, Root: c.Root, Annotations: c.Annotations, files: c.files}
	val.Set = c.Set.Filter(func(i int) bool { return out[i] })
	c.Set = c.Set.Filter(func(i int) bool { return !out[i] })
	return val, nil
}
