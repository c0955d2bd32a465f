package loss

// Whole is the batch of which a runner has some images, where several processes have a part of it each. Losses
// whose cells depend on those of other images ask it: the top-K, the means over images, the expected positives.
// All processes run the same loss and so call the sums in the same order. Sums report no errors: who
// makes a Whole keeps them, and does not use what was computed after one.
type Whole interface {
	// Images is how many of the images are here, and how many the batch has. all is 0 where nothing is shared:
	// the images of the runner are then the whole batch. With here 0 and all above it the labels that
	// the runner is given are of no image; they must be none of 1, 0 and -1.
	Images() (here, all int)
	// Part is the number of this part in the order of the images, from 0, and the number of parts.
	Part() (number, parts int)
	// SumInt64 and SumFloat64 replace values by their sums over all parts.
	SumInt64(v []int64)
	SumFloat64(v []float64)
}

// Over is b for runners that have a part of each batch, which is w; nil is the same as no such thing.
func (b Bound) Over(w Whole) Bound {
	b.whole = w
	return b
}

// shared is w and the sizes of its batch, or nil where a runner of that many images has all of them.
func shared(w Whole, images int) (whole Whole, here, all int) {
	if w == nil {
		return nil, images, images
	}
	if here, all = w.Images(); all == 0 {
		return nil, images, images
	}
	return w, here, all
}
