package images

import "image"

// upsampler brings the two chroma planes of an image to its full size, row by row. The planes
// start at the image's corner and the decoder's padding to whole blocks is not looked at.
type upsampler struct {
	img    *image.YCbCr
	w, h   int // of the chroma planes
	ratioX int
	ratioY int
	fancy  bool // interpolate, else replicate
	cb, cr []uint8
	sums   []int32 // column sums of two rows of chroma
}

func newUpsampler(img *image.YCbCr) *upsampler {
	u := &upsampler{img: img, ratioX: 1, ratioY: 1}
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		u.ratioX = 2
	case image.YCbCrSubsampleRatio420:
		u.ratioX, u.ratioY = 2, 2
	case image.YCbCrSubsampleRatio440:
		u.ratioY = 2
	case image.YCbCrSubsampleRatio411:
		u.ratioX = 4
	case image.YCbCrSubsampleRatio410:
		u.ratioX, u.ratioY = 4, 2
	}
	u.w = (img.Rect.Dx() + u.ratioX - 1) / u.ratioX
	u.h = (img.Rect.Dy() + u.ratioY - 1) / u.ratioY
	// jdsample.c: images of less than three columns of chroma are replicated, unless only the
	// height was halved.
	u.fancy = u.ratioX == 2 && u.w > 2 || u.ratioX == 1 && u.ratioY == 2
	if u.ratioX*u.ratioY > 1 {
		n := u.w * u.ratioX
		u.cb, u.cr, u.sums = make([]uint8, n), make([]uint8, n), make([]int32, u.w)
	}
	return u
}

// rows returns the chroma of row y of the image, valid until the next call.
func (u *upsampler) rows(y int) (cb, cr []uint8) {
	dx := u.img.Rect.Dx()
	if u.ratioX*u.ratioY == 1 {
		at := y * u.img.CStride
		return u.img.Cb[at : at+dx], u.img.Cr[at : at+dx]
	}
	u.row(u.cb, u.img.Cb, y)
	u.row(u.cr, u.img.Cr, y)
	return u.cb[:dx], u.cr[:dx]
}

// row writes row y of a plane at full size to dst.
func (u *upsampler) row(dst, plane []uint8, y int) {
	near := u.planeRow(plane, y/u.ratioY)
	switch {
	case !u.fancy:
		for x := range dst {
			dst[x] = near[x/u.ratioX]
		}
	case u.ratioY == 1:
		fancyRow(dst, near)
	case u.ratioX == 1:
		far, bias := u.planeRow(plane, y/2-1), 1
		if y&1 == 1 {
			far, bias = u.planeRow(plane, y/2+1), 2
		}
		for x, v := range near {
			dst[x] = uint8((3*int(v) + int(far[x]) + bias) >> 2)
		}
	default:
		far := u.planeRow(plane, y/2-1+2*(y&1))
		for x, v := range near {
			u.sums[x] = 3*int32(v) + int32(far[x])
		}
		fancySums(dst, u.sums)
	}
}

// planeRow is row y of a chroma plane, the nearest one there is.
func (u *upsampler) planeRow(plane []uint8, y int) []uint8 {
	y = min(max(y, 0), u.h-1)
	return plane[y*u.img.CStride:][:u.w]
}

// fancyRow doubles a row of at least three samples by the triangle filter 3/4, 1/4 (h2v1 in
// jdsample.c); the rounding alternates so that no drift arises.
func fancyRow(dst, src []uint8) {
	n := len(src)
	dst = dst[:2*n]
	dst[0] = src[0]
	dst[1] = uint8((3*int(src[0]) + int(src[1]) + 2) >> 2)
	for x := 1; x < n-1; x++ {
		v := 3 * int(src[x])
		dst[2*x] = uint8((v + int(src[x-1]) + 1) >> 2)
		dst[2*x+1] = uint8((v + int(src[x+1]) + 2) >> 2)
	}
	dst[2*n-2] = uint8((3*int(src[n-1]) + int(src[n-2]) + 1) >> 2)
	dst[2*n-1] = src[n-1]
}

// fancySums doubles a row of at least three column sums, each four times a sample, by the triangle
// filter (h2v2 in jdsample.c).
func fancySums(dst []uint8, sums []int32) {
	n := len(sums)
	dst = dst[:2*n]
	last, this := sums[0], sums[0]
	dst[0] = uint8((4*this + 8) >> 4)
	for x := 0; x < n-1; x++ {
		next := sums[x+1]
		if x > 0 {
			dst[2*x] = uint8((3*this + last + 8) >> 4)
		}
		dst[2*x+1] = uint8((3*this + next + 7) >> 4)
		last, this = this, next
	}
	dst[2*n-2] = uint8((3*this + last + 8) >> 4)
	dst[2*n-1] = uint8((4*this + 7) >> 4)
}
