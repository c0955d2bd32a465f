package pictures

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

// weightBits is the precision of the integer weights: 8 bits of sample, 2 of overshoot and 22 of
// weight fill an int32 (Pillow's PRECISION_BITS).
const weightBits = 22

// taps are the weights that make each sample of an output axis from a run of input samples.
type taps struct {
	in, out int
	filter  Filter
	start   []int32 // first input sample, per output sample
	count   []int32 // number of input samples, per output sample
	weight  []int32 // scaled by 1<<weightBits; size per output sample
	size    int
}

// plan fills t for an axis of in samples resized to out, as Pillow's precompute_coeffs does. It
// keeps what is there if that is the same plan.
func (t *taps) plan(in, out int, f Filter) {
	if t.in == in && t.out == out && t.filter == f && t.out > 0 {
		return
	}
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := f.support() * stretch
	t.in, t.out, t.filter = in, out, f
	t.size = int(math.Ceil(support))*2 + 1
	t.start, t.count = resized(t.start, out), resized(t.count, out)
	t.weight = resized(t.weight, out*t.size)
	real := make([]float64, t.size)
	for i := range out {
		center := (float64(i) + 0.5) * scale
		first := max(int(center-support+0.5), 0)
		n := min(int(center+support+0.5), in) - first
		sum := 0.0
		for k := range n {
			real[k] = f.weight((float64(k+first) - center + 0.5) / stretch)
			sum += real[k]
		}
		for k := range n {
			t.weight[i*t.size+k] = int32(math.Round(real[k] / sum * (1 << weightBits)))
		}
		t.start[i], t.count[i] = int32(first), int32(n)
	}
}

// of returns the first input sample and the weights of output sample i.
func (t *taps) of(i int) (first int, w []int32) {
	return int(t.start[i]), t.weight[i*t.size:][:t.count[i]]
}

// resized returns a slice of n elements, in the memory of s where that is enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Resizer resizes pictures and keeps its tables and scratch memory between them. It is for one
// goroutine at a time.
type Resizer struct {
	x, y taps
	tmp  RGB
}

// Resize squashes a picture to w x h pixels without keeping its proportions, as the reference does.
func Resize(src *RGB, w, h int, f Filter) *RGB {
	dst := new(RGB)
	new(Resizer).Resize(dst, src, w, h, f)
	return dst
}

// Resize makes dst the picture src at w x h pixels; dst and src must not share memory. The
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
		dst.Reset(w, h)
		for y := range h {
			first, weights := r.y.of(y)
			blendRows(dst.row(y), rows.Pix[first*3*w:], 3*w, weights)
		}
	case rows != dst:
		dst.Reset(w, h)
		copy(dst.Pix, src.Pix)
	}
}

const half = 1 << (weightBits - 1)

// shrinkRow resizes a row of pixels.
func shrinkRow(dst, src []uint8, t *taps) {
	for x := range t.out {
		first, weights := t.of(x)
		s := src[3*first:][:3*len(weights)]
		r, g, b := int32(half), int32(half), int32(half)
		for _, k := range weights {
			r += int32(s[0]) * k
			g += int32(s[1]) * k
			b += int32(s[2]) * k
			s = s[3:]
		}
		d := dst[3*x : 3*x+3 : 3*x+3]
		d[0], d[1], d[2] = clamp8(r>>weightBits), clamp8(g>>weightBits), clamp8(b>>weightBits)
	}
}

// blendRows makes one row from len(weights) rows of src, stride samples apart.
func blendRows(dst, src []uint8, stride int, weights []int32) {
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
		for i := range dst {
			sum := int32(half)
			for k, at := 0, i; k < len(weights); k, at = k+1, at+stride {
				sum += int32(src[at]) * weights[k]
			}
			dst[i] = clamp8(sum >> weightBits)
		}
	}
}
