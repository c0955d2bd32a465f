package jpeg

import "csl/internal/images"

// upsampler brings a plane to the image's width and height, a row at a time (jdsample.c).
type upsampler struct {
	fancy bool // triangle filter across, or replicate
	row   []byte
	sums  []uint16 // of two rows, weighted 3 to 1
}

// plan prepares for the planes of c.
func (u *upsampler) plan(c *component) {
	u.fancy = c.fancy()
	n := c.mw * 8 * c.rx
	u.row = images.Grow(u.row, n+simdSlack)
	u.sums = images.Grow(u.sums, c.mw*8+simdSlack)
}

// fancy reports whether the plane's samples are interpolated: where it has half the width, or half the height, of
// the image. libjpeg replicates samples at all other ratios and where a plane is too narrow.
func (c *component) fancy() bool {
	return c.rx == 2 && c.ry <= 2 && c.w > 2 || c.rx == 1 && c.ry == 2
}

// context reports whether a row of the image depends on two rows of the plane.
func (c *component) context() bool { return c.fancy() && c.ry == 2 }

// expand returns row y of the image, from the plane's nearest row and, for an interpolated plane of half the
// height, the next nearest. The result is valid until the next call.
func (u *upsampler) expand(k *kernels, c *component, near, far []byte, y int) []byte {
	switch {
	case c.rx == 1 && c.ry == 1, c.rx == 1 && !u.fancy:
		return near
	case !u.fancy:
		replicate(u.row, near[:c.w], c.rx)
	case c.ry == 1:
		k.h2v1(u.row, near[:c.w], u.sums)
	case c.rx == 1:
		bias := uint16(1)
		if y&1 == 1 {
			bias = 2
		}
		k.h1v2(u.row, near[:c.w], far[:c.w], bias)
	default:
		k.h2v2(u.row, near[:c.w], far[:c.w], u.sums)
	}
	return u.row
}

// replicate repeats each sample of src n times.
func replicate(dst, src []byte, n int) {
	for i, v := range src {
		for j := range n {
			dst[i*n+j] = v
		}
	}
}

// h2v1Portable doubles a row of at least three samples by the triangle filter 3/4, 1/4; rounding alternates so that
// no drift arises.
func h2v1Portable(dst, src []byte, _ []uint16) {
	n := len(src)
	dst = dst[:2*n]
	dst[0] = src[0]
	dst[1] = byte((3*uint(src[0]) + uint(src[1]) + 2) >> 2)
	for x := 1; x < n-1; x++ {
		v := 3 * uint(src[x])
		dst[2*x] = byte((v + uint(src[x-1]) + 1) >> 2)
		dst[2*x+1] = byte((v + uint(src[x+1]) + 2) >> 2)
	}
	dst[2*n-2] = byte((3*uint(src[n-1]) + uint(src[n-2]) + 1) >> 2)
	dst[2*n-1] = src[n-1]
}

// h1v2Portable interpolates between two rows; bias is 1 for the upper of two rows of the image, 2 for the lower.
func h1v2Portable(dst, near, far []byte, bias uint16) {
	for x, v := range near {
		dst[x] = byte((3*uint16(v) + uint16(far[x]) + bias) >> 2)
	}
}

// h2v2Portable interpolates between two rows of at least three samples and doubles the result.
func h2v2Portable(dst, near, far []byte, sums []uint16) {
	n := len(near)
	dst, sums = dst[:2*n], sums[:n]
	for x, v := range near {
		sums[x] = 3*uint16(v) + uint16(far[x])
	}
	last, this := sums[0], sums[0]
	dst[0] = byte((4*this + 8) >> 4)
	for x := 0; x < n-1; x++ {
		next := sums[x+1]
		if x > 0 {
			dst[2*x] = byte((3*this + last + 8) >> 4)
		}
		dst[2*x+1] = byte((3*this + next + 7) >> 4)
		last, this = this, next
	}
	dst[2*n-2] = byte((3*this + last + 8) >> 4)
	dst[2*n-1] = byte((4*this + 7) >> 4)
}
