package webp

import (
	"bytes"
	"image"

	"csl/internal/images"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// Decode decodes a file's first frame on its canvas, black around it, into t. After an error, what rows t has is
// undefined.
func Decode(data []byte, t images.Target) error {
	f, err := parse(data)
	if err != nil {
		return err
	}
	var next func(dst []byte, y int)
	var size image.Rectangle
	if f.lossless {
		next, size, err = lossless(f.stream)
	} else {
		next, size, err = lossy(f.stream)
	}
	if err != nil {
		return err
	}
	for y := range f.height {
		dst := t.Row(y)[:3*f.width]
		inside := y >= f.y && y < f.y+size.Dy()
		if !inside || size.Dx() < f.width {
			clear(dst)
		}
		if inside {
			next(dst[3*f.x:][:3*size.Dx()], y-f.y)
		}
		t.Done(y)
	}
	return nil
}

// lossless decodes a lossless stream; the function returned makes its rows, without alpha.
func lossless(stream []byte) (func(dst []byte, y int), image.Rectangle, error) {
	decoded, err := vp8l.Decode(bytes.NewReader(stream))
	if err != nil {
		return nil, image.Rectangle{}, err
	}
	img, ok := decoded.(*image.NRGBA)
	if !ok {
		return nil, image.Rectangle{}, images.Unsupported("WebP with pixels of type %T", decoded)
	}
	return func(dst []byte, y int) {
		src := img.Pix[y*img.Stride:]
		for len(dst) >= 3 {
			dst[0], dst[1], dst[2] = src[0], src[1], src[2]
			dst, src = dst[3:], src[4:]
		}
	}, img.Rect, nil
}

// lossy decodes a lossy stream; the function returned makes its rows.
func lossy(stream []byte) (func(dst []byte, y int), image.Rectangle, error) {
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(stream), len(stream))
	if _, err := d.DecodeFrameHeader(); err != nil {
		return nil, image.Rectangle{}, err
	}
	img, err := d.DecodeFrame()
	if err != nil {
		return nil, image.Rectangle{}, err
	}
	half := (img.Rect.Dx() + 1) / 2
	cb, cr := make([]uint8, 2*half), make([]uint8, 2*half)
	return func(dst []byte, y int) { vp8Row(dst, y, img, cb, cr) }, img.Rect, nil
}

// vp8Row turns row y of planes of limited range (16 to 235) into RGB as libwebp does, with its interpolation of chroma
// (upsampling.c, yuv.h); the standard library would take them for a JPEG's full range. cb and cr are scratch memory.
func vp8Row(dst []byte, y int, img *image.YCbCr, cb, cr []uint8) {
	w, h, half := img.Rect.Dx(), img.Rect.Dy(), len(cb)/2
	// Row y lies between two rows of chroma, nearer to y/2; beyond the edge the nearest counts twice.
	near := y / 2
	far := min(max(near-1+2*(y&1), 0), (h-1)/2)
	vp8Chroma(cb, img.Cb[near*img.CStride:][:half], img.Cb[far*img.CStride:][:half])
	vp8Chroma(cr, img.Cr[near*img.CStride:][:half], img.Cr[far*img.CStride:][:half])
	vp8RGB(dst, img.Y[y*img.YStride:][:w], cb, cr)
}

// vp8Chroma doubles a row of chroma: 9/16 of the nearest sample, 3/16 of each neighbour, 1/16 of
// the diagonal one, rounded as libwebp does in two steps.
func vp8Chroma(dst, near, far []uint8) {
	n := len(near)
	dst[0] = uint8((3*int(near[0]) + int(far[0]) + 2) >> 2)
	dst[2*n-1] = uint8((3*int(near[n-1]) + int(far[n-1]) + 2) >> 2)
	for x := 1; x < n; x++ {
		tl, t, l, c := int(near[x-1]), int(near[x]), int(far[x-1]), int(far[x])
		sum := tl + t + l + c + 8
		dst[2*x-1] = uint8(((sum+2*(t+l))>>3 + tl) >> 1)
		dst[2*x] = uint8(((sum+2*(tl+c))>>3 + t) >> 1)
	}
}

// vp8RGB converts a row with libwebp's 14 bit arithmetic.
func vp8RGB(dst, y, cb, cr []uint8) {
	for i, v := range y {
		l := int32(v) * 19077 >> 8
		b, r := int32(cb[i]), int32(cr[i])
		dst[3*i] = images.Clamp((l + r*26149>>8 - 14234) >> 6)
		dst[3*i+1] = images.Clamp((l - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		dst[3*i+2] = images.Clamp((l + b*33050>>8 - 17685) >> 6)
	}
}
