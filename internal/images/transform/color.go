package transform

import (
	"encoding/binary"
	"math"

	"csl/internal/images"
)

// lut is a table of new values for the samples of one colour.
type lut [256]uint8

// use replaces all samples by their entries in t.
func (t *lut) use(m *images.RGB) {
	for i, v := range m.Pix {
		m.Pix[i] = t[v]
	}
}

// blend is Pillow's Image.blend for one sample: from a towards b by factor, and beyond, in float32
// and cut off to an integer.
func blend(a, b uint8, factor float32) uint8 {
	v := float32(a) + float32(factor*float32(int(b)-int(a)))
	switch {
	case v <= 0:
		return 0
	case v >= 255:
		return 255
	}
	return uint8(v)
}

// blender is blend for one factor by a table, several times faster. Where rounding could make a
// difference to the float32 sum, which few factors have, it calls blend.
type blender struct {
	factor float32
	exact  bool       // the table gives blend's results
	step   [511]int16 // what to add to a, for b-a of -255 to 255
}

func newBlender(factor float32) *blender {
	t := &blender{factor: factor, exact: true}
	for i := range t.step {
		v := float64(float32(factor * float32(i-255)))
		floor := math.Floor(v)
		t.step[i] = int16(floor)
		// a+v, below 1024, is rounded to a multiple of at most 2^-14.
		if v-floor > 1-1.0/(1<<14) {
			t.exact = false
		}
	}
	return t
}

func (t *blender) blend(a, b uint8) uint8 {
	if !t.exact {
		return blend(a, b, t.factor)
	}
	return images.Clamp(int32(a) + int32(t.step[255+int(b)-int(a)]))
}

// luma is Pillow's grey of a colour (ITU-R 601-2), 0 to 255.
func luma(r, g, b uint8) uint8 {
	return uint8((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 1<<15) >> 16)
}

// brightness multiplies all samples by 1+v.
func brightness(m, _ *images.RGB, v float64) {
	awayFrom(m, 0, v)
}

// awayFrom blends from a grey to the image by 1+v.
func awayFrom(m *images.RGB, grey uint8, v float64) {
	var t lut
	for i := range t {
		t[i] = blend(grey, uint8(i), float32(1+v))
	}
	t.use(m)
}

// contrast blends from the mean grey by 1+v.
func contrast(m, _ *images.RGB, v float64) {
	sum := 0
	for p := m.Pix; len(p) >= 3; p = p[3:] {
		sum += int(luma(p[0], p[1], p[2]))
	}
	mean := float64(sum) / float64(m.W*m.H)
	awayFrom(m, uint8(mean+0.5), v)
}

// saturation blends from each pixel's grey by 1+v.
func saturation(m, _ *images.RGB, v float64) {
	t := newBlender(float32(1 + v))
	for p := m.Pix; len(p) >= 3; p = p[3:] {
		grey := luma(p[0], p[1], p[2])
		p[0], p[1], p[2] = t.blend(grey, p[0]), t.blend(grey, p[1]), t.blend(grey, p[2])
	}
}

// sharpness blends from the smoothed image (a 3x3 mean with weight 5 in the middle; pixels on the
// edge stay) by 1+v.
func sharpness(m, tmp *images.RGB, v float64) {
	if m.W < 3 || m.H < 3 {
		return // all pixels are on the edge
	}
	t := newBlender(float32(1 + v))
	tmp.Reset(m.W, m.H)
	n := 3 * m.W
	copy(tmp.Row(0), m.Row(0))
	copy(tmp.Row(m.H-1), m.Row(m.H-1))
	sums := make([]uint16, n) // of three samples in a column
	for y := 1; y < m.H-1; y++ {
		up, mid, down, dst := m.Row(y-1), m.Row(y), m.Row(y+1), tmp.Row(y)
		for i, v := range mid {
			sums[i] = uint16(up[i]) + uint16(v) + uint16(down[i])
		}
		copy(dst[:3], mid)
		copy(dst[n-3:], mid[n-3:])
		left, middle, right := sums[:n-6], sums[3:n-3], sums[6:]
		in, out := mid[3:n-3], dst[3:n-3]
		for i, v := range in {
			sum := uint32(left[i]) + uint32(middle[i]) + uint32(right[i]) + 4*uint32(v)
			out[i] = t.blend(uint8((2*sum+13)/26), v)
		}
	}
	m.Pix, tmp.Pix = tmp.Pix, m.Pix
}

// posterize keeps the high bits of each sample.
func posterize(m, _ *images.RGB, bits float64) {
	mask := ^uint8(1<<(8-int(bits)) - 1)
	masks := uint64(mask) * 0x0101010101010101
	p := m.Pix
	for ; len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)&masks)
	}
	for i := range p {
		p[i] &= mask
	}
}

// solarize inverts the samples from threshold on.
func solarize(m, _ *images.RGB, threshold float64) {
	var t lut
	for i := range t {
		t[i] = uint8(i)
		if float64(i) >= threshold {
			t[i] = uint8(255 - i)
		}
	}
	t.use(m)
}

// histograms counts each colour's values.
func histograms(m *images.RGB) *[3][256]int32 {
	h := new([3][256]int32)
	for p := m.Pix; len(p) >= 3; p = p[3:] {
		h[0][p[0]]++
		h[1][p[1]]++
		h[2][p[2]]++
	}
	return h
}

// useEach replaces the samples of each colour by their entries in its table.
func useEach(m *images.RGB, t *[3]lut) {
	for p := m.Pix; len(p) >= 3; p = p[3:] {
		p[0], p[1], p[2] = t[0][p[0]], t[1][p[1]], t[2][p[2]]
	}
}

// autoContrast stretches each colour to the whole range (ImageOps.autocontrast).
func autoContrast(m *images.RGB) {
	h := histograms(m)
	var t [3]lut
	for c := range t {
		lo, hi := 0, 255
		for lo < 255 && h[c][lo] == 0 {
			lo++
		}
		for hi > 0 && h[c][hi] == 0 {
			hi--
		}
		scale := 255 / float64(hi-lo)
		offset := float64(-float64(lo) * scale)
		for i := range t[c] {
			t[c][i] = uint8(i)
			if hi > lo {
				t[c][i] = uint8(math.Trunc(min(max(float64(float64(i)*scale)+offset, 0), 255)))
			}
		}
	}
	useEach(m, &t)
}

// equalize flattens each colour's histogram (ImageOps.equalize).
func equalize(m *images.RGB) {
	h := histograms(m)
	var t [3]lut
	for c := range t {
		last := 255
		for last > 0 && h[c][last] == 0 {
			last--
		}
		step := (m.W*m.H - int(h[c][last])) / 255
		sum := step / 2
		for i := range t[c] {
			t[c][i] = uint8(i)
			if step > 0 {
				t[c][i] = uint8(min(sum/step, 255))
				sum += int(h[c][i])
			}
		}
	}
	useEach(m, &t)
}
