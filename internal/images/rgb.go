package images

import (
	"image"
	"image/color"
)

// RGB is an image of W x H pixels. Pix holds W*H*3 samples, [H,W,3], 0 to 255, without padding
// between rows.
type RGB struct {
	W, H int     // width and height in pixels
	Pix  []uint8 // [H,W,3], row by row
}

// NewRGB returns a black image of w x h pixels.
func NewRGB(w, h int) *RGB {
	return &RGB{W: w, H: h, Pix: make([]uint8, w*h*3)}
}

// Reset makes m an image of w x h pixels, in the same memory where that is large enough. The
// samples are undefined afterwards.
func (m *RGB) Reset(w, h int) {
	m.W, m.H, m.Pix = w, h, Grow(m.Pix, w*h*3)
}

// Row is the samples of row y.
func (m *RGB) Row(y int) []uint8 {
	n := m.W * 3
	return m.Pix[y*n : y*n+n : y*n+n]
}

// NRGBA returns a copy of m as an opaque image of the standard library.
func (m *RGB) NRGBA() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for i, o := 0, 0; i < len(m.Pix); i, o = i+3, o+4 {
		img.Pix[o], img.Pix[o+1], img.Pix[o+2], img.Pix[o+3] = m.Pix[i], m.Pix[i+1], m.Pix[i+2], 255
	}
	return img
}

// ColorModel, Bounds and At make an image an image.Image, for encoders. Loops over pixels should
// use Pix.
func (m *RGB) ColorModel() color.Model { return color.NRGBAModel }

// Bounds is the rectangle from (0,0) to (W,H).
func (m *RGB) Bounds() image.Rectangle { return image.Rect(0, 0, m.W, m.H) }

// At returns the opaque colour of the pixel in column x of row y, black outside the image.
func (m *RGB) At(x, y int) color.Color {
	if x < 0 || y < 0 || x >= m.W || y >= m.H {
		return color.NRGBA{A: 255}
	}
	i := (y*m.W + x) * 3
	return color.NRGBA{R: m.Pix[i], G: m.Pix[i+1], B: m.Pix[i+2], A: 255}
}

// Clamp limits v to 0 to 255.
func Clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31)) // 0 for negative v, else 255
	}
	return uint8(v)
}

// Grow returns a slice of n elements, in the memory of s where that is enough. What they hold is undefined.
func Grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
