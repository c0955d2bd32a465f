package loader

// Part is what one of several processes loads of each batch: all load the same batches in the same order, and each has
// a part of the images, one after the other and as equal as can be. The zero value is all of it. In a part's
// epochs a batch may have no image.
type Part struct {
	Number int // of this part, from 0
	Of     int // parts; 0 or 1 for all in one
}

// shared tells whether there are other parts.
func (p Part) shared() bool { return p.Of > 1 }

// Range is the part of n images: from one and up to, but without, another. The first parts are one larger where n cannot
// be divided.
func (p Part) Range(n int) (from, to int) {
	if !p.shared() {
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
