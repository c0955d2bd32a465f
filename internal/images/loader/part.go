package loader

// Part is what one of several processes loads: all go through the same batches in the same order, and each has
// a part of the images of every batch, one after the other and as equal as can be. The zero value is all of it. In a
// part's epochs a batch may have no image.
type Part struct {
	Number int // of this part, from 0
	Of     int // parts; 0 or 1 for all in one
	// Batches shares out batches instead: of each Of batches, one after the other, this part has the one with its
	// number, and all parts have as many, the last ones an empty one where the batches end.
	Batches bool
}

// shared tells whether there are other parts.
func (p Part) shared() bool { return p.Of > 1 }

// Range is the part of a batch of n images: from one and up to, but without, another. The first parts are one larger where n cannot
// be divided.
func (p Part) Range(n int) (from, to int) {
	if !p.shared() || p.Batches {
		return 0, n
	}
	each, more := n/p.Of, n%p.Of
	from = p.Number*each + min(p.Number, more)
	to = from + each
	if p.Number < more {
		to++
	}
	return from, to
}

// turns are the numbers of the batches of this part, of n batches from number first on: every step-th from number from
// up to, but without, number end. With Batches, first is a multiple of Of.
func (p Part) turns(first, n int) (from, end, step int) {
	if !p.shared() || !p.Batches {
		return first, n, 1
	}
	return first + p.Number, (n + p.Of - 1) / p.Of * p.Of, p.Of
}
