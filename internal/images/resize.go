package images

import (
	"fmt"
	"math"
)

// Filter is an interpolation for resizing.
type Filter int

// The two filters the reference uses: bilinear in training and validation, bicubic in its infer
// script. Both widen with the reduction, so that shrinking averages (Pillow's antialiasing).
const (
	Bilinear Filter = iota
	Bicubic         // a = -0.5, Catmull-Rom
)

// ParseFilter reads a filter's name, "bilinear" or "bicubic".
func ParseFilter(name string) (Filter, error) {
	for _, f := range []Filter{Bilinear, Bicubic} {
		if name == f.String() {
			return f, nil
		}
	}
	return 0, fmt.Errorf("interpolation %q: want bilinear or bicubic", name)
}

// String is the name that ParseFilter reads.
func (f Filter) String() string {
	if f == Bicubic {
		return "bicubic"
	}
	return "bilinear"
}

// support is the filter's half width in pixels of the smaller grid.
func (f Filter) support() float64 {
	if f == Bicubic {
		return 2
	}
	return 1
}

// weight is the filter's value at distance x.
func (f Filter) weight(x float64) float64 {
	x = math.Abs(x)
	const a = -0.5
	switch {
	case f == Bilinear:
		return max(1-x, 0)
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

// Resizer resizes images and keeps its tables and scratch memory between them. It is for one
// goroutine at a time.
type Resizer struct {
	x, y taps
	tmp  RGB
	sums []int32
}

// Resize squashes an image to w x h pixels without keeping its proportions, as the reference does.
func Resize(src *RGB, w, h int, f Filter) *RGB {
	dst := new(RGB)
	new(Resizer).Resize(dst, src, w, h, f)
	return dst
}

// Resize makes dst the image src at w x h pixels; dst and src must not share memory. The
// arithmetic is Pillow's, to the bit: rows first, rounded to 8 bits, then columns, with integer
// weights. w, h and the sides of src are at least 1.
func (r *Resizer) Resize(dst, src *RGB, w, h int, f Filter) {
	rows := src
	if w != src.W {
		r.x.plan(src.W, w, f)
		rows = dst
		if h != src.H {
			rows = &r.tmp
		}
		rows.Reset(w, src.H)
		for y := range src.H {
			shrinkRow(rows.row(y), src.row(y), &r.x)
		}
	}
	switch {
	case h != src.H:
		r.y.plan(src.H, h, f)
		r.sums = resized(r.sums, 3*w)
		dst.Reset(w, h)
		for y := range h {
			first, weights := r.y.of(y)
			blendRows(dst.row(y), rows.Pix[first*3*w:], 3*w, weights, r.sums)
		}
	case rows != dst:
		dst.Reset(w, h)
		copy(dst.Pix, src.Pix)
	}
}

// shrinkRow resizes a row of pixels. Red and green are summed in the two halves of one uint64: the
// lower sum borrows from the upper one where it is negative, which is undone at the end.
func shrinkRow(dst, src []uint8, t *taps) {
	for x := range t.out {
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
		d[0], d[1], d[2] = clamp8(r>>weightBits), clamp8(g>>weightBits), clamp8(b>>weightBits)
	}
}

// blendRows makes one row from len(weights) rows of src, stride samples apart; sums is scratch
// memory as long as dst.
func blendRows(dst, src []uint8, stride int, weights []int32, sums []int32) {
	n := len(dst)
	switch len(weights) {
	case 1:
		copy(dst, src[:n])
	case 2:
		k0, k1 := weights[0], weights[1]
		s0, s1 := src[:n], src[stride:][:n]
		for i := range dst {
			dst[i] = clamp8((int32(s0[i])*k0 + int32(s1[i])*k1 + half) >> weightBits)
		}
	case 3:
		k0, k1, k2 := weights[0], weights[1], weights[2]
		s0, s1, s2 := src[:n], src[stride:][:n], src[2*stride:][:n]
		for i := range dst {
			dst[i] = clamp8((int32(s0[i])*k0 + int32(s1[i])*k1 + int32(s2[i])*k2 + half) >> weightBits)
		}
	case 4:
		k0, k1, k2, k3 := weights[0], weights[1], weights[2], weights[3]
		s0, s1, s2, s3 := src[:n], src[stride:][:n], src[2*stride:][:n], src[3*stride:][:n]
		for i := range dst {
			dst[i] = clamp8((int32(s0[i])*k0 + int32(s1[i])*k1 + int32(s2[i])*k2 + int32(s3[i])*k3 + half) >> weightBits)
		}
	default:
		sumRows(sums[:n], src, stride, weights)
		for i, v := range sums[:n] {
			dst[i] = clamp8(v >> weightBits)
		}
	}
}

// sumRows adds rows of src, stride samples apart, by their weights, four at a time.
func sumRows(sums []int32, src []uint8, stride int, weights []int32) {
	n := len(sums)
	for i := range sums {
		sums[i] = half
	}
	row := func(k int) []uint8 { return src[k*stride:][:n] }
	k := 0
	for ; k+4 <= len(weights); k += 4 {
		k0, k1, k2, k3 := weights[k], weights[k+1], weights[k+2], weights[k+3]
		s0, s1, s2, s3 := row(k), row(k+1), row(k+2), row(k+3)
		for i := range sums {
			sums[i] += int32(s0[i])*k0 + int32(s1[i])*k1 + int32(s2[i])*k2 + int32(s3[i])*k3
		}
	}
	for ; k < len(weights); k++ {
		w := weights[k]
		for i, v := range row(k) {
			sums[i] += int32(v) * w
		}
	}
}
