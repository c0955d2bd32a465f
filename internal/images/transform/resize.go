package transform

import "csl/internal/images"

// Resizer resizes images and keeps its tables and scratch memory between them. It is for one goroutine at a time. The
// arithmetic is Pillow's, to the bit: rows first, rounded to 8 bits, then columns, with integer weights. Proportions
// are not kept ("squashed"), as in the reference.
//
// An image is given as a whole to Resize, or row by row: Begin, then Row and Done for each row from the top, then End.
type Resizer struct {
	x, y taps
	k    kernels
	dst  *images.RGB
	rows *images.RGB // the image at its new width
	tmp  images.RGB
	line []uint8 // a row at its old width
}

// Resize makes dst the image src at w x h pixels; dst and src must not share memory. w, h and the sides of src are at
// least 1.
func (r *Resizer) Resize(dst, src *images.RGB, w, h int, f Filter) {
	r.Begin(dst, src.W, src.H, w, h, f)
	for y := range src.H {
		if r.x.out == src.W {
			copy(r.rows.Row(y), src.Row(y))
		} else {
			r.k.shrink(r.rows.Row(y), src.Row(y), &r.x)
		}
	}
	r.End()
}

// Begin prepares for an image of srcW x srcH pixels, which dst will hold at w x h pixels.
func (r *Resizer) Begin(dst *images.RGB, srcW, srcH, w, h int, f Filter) {
	if r.k.shrink == nil {
		r.k = best()
	}
	r.x.plan(srcW, w, f)
	r.y.plan(srcH, h, f)
	dst.Reset(w, h)
	r.dst, r.rows = dst, dst
	if srcH != h {
		r.tmp.Reset(w, srcH)
		r.rows = &r.tmp
	}
	if srcW != w {
		r.line = images.Grow(r.line, 3*srcW)
	}
}

// Row returns memory for row y of the image.
func (r *Resizer) Row(y int) []uint8 {
	if r.x.in == r.x.out {
		return r.rows.Row(y)
	}
	return r.line
}

// Done says that row y is filled.
func (r *Resizer) Done(y int) {
	if r.x.in != r.x.out {
		r.k.shrink(r.rows.Row(y), r.line, &r.x)
	}
}

// End completes dst.
func (r *Resizer) End() {
	if r.rows != r.dst {
		stride := 3 * r.dst.W
		for y := range r.dst.H {
			first, weights := r.y.of(y)
			r.k.blend(r.dst.Row(y), r.rows.Pix[first*stride:], stride, weights)
		}
	}
	r.dst, r.rows = nil, nil
}

// Release gives up memory beyond keep bytes, which only a rare, huge image needed.
func (r *Resizer) Release(keep int) {
	if cap(r.tmp.Pix) > keep {
		r.tmp = images.RGB{}
	}
}

// Resize squashes an image to w x h pixels.
func Resize(src *images.RGB, w, h int, f Filter) *images.RGB {
	dst := new(images.RGB)
	new(Resizer).Resize(dst, src, w, h, f)
	return dst
}

// shrinkPortable resizes a row of pixels.
func shrinkPortable(dst, src []uint8, t *taps) { shrinkFrom(0, dst, src, t) }

// shrinkFrom is shrinkPortable from pixel n of dst on. Red and green are summed in the two halves of one uint64: the
// lower sum borrows from the upper one where it is negative, which is undone at the end.
func shrinkFrom(n int, dst, src []uint8, t *taps) {
	for x := n; x < t.out; x++ {
		first, weights := t.of(x)
		s := src[3*first:][:3*len(weights)]
		rg, b := uint64(half|half<<32), int32(half)
		for i, k := range weights {
			p := s[3*i:]
			if len(p) < 3 {
				break // never; it spares the checks below
			}
			rg += (uint64(p[0]) | uint64(p[1])<<32) * uint64(int64(k))
			b += int32(p[2]) * k
		}
		r := int32(rg)
		g := int32((rg - uint64(int64(r))) >> 32)
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0], d[1], d[2] = images.Clamp(r>>weightBits), images.Clamp(g>>weightBits), images.Clamp(b>>weightBits)
	}
}

// blendPortable makes one row from len(weights) rows of src, stride samples apart.
func blendPortable(dst, src []uint8, stride int, weights []int32) {
	for i := range dst {
		sum := int32(half)
		for k, w := range weights {
			sum += int32(src[k*stride+i]) * w
		}
		dst[i] = images.Clamp(sum >> weightBits)
	}
}
