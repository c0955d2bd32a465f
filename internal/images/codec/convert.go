package codec

import (
	"fmt"
	"image"
	"image/color"

	"csl/internal/images"
)

// convert copies a decoder's result into m, unless the decoder failed.
func convert(m *images.RGB, img image.Image, err error) error {
	if err != nil {
		return err
	}
	b := img.Bounds()
	if b.Dx() < 1 || b.Dy() < 1 {
		return fmt.Errorf("no pixels in %dx%d", b.Dx(), b.Dy())
	}
	switch img := img.(type) {
	case *image.Gray:
		convertGray(m, img.Pix, img.Stride, 1, b)
	case *image.Gray16:
		convertGray(m, img.Pix, img.Stride, 2, b)
	case *image.NRGBA:
		convertNRGBA(m, img)
	case *image.RGBA:
		convertPremultiplied(m, img.Pix, img.Stride, 1, b)
	case *image.NRGBA64:
		convertNRGBA64(m, img)
	case *image.RGBA64:
		convertPremultiplied(m, img.Pix, img.Stride, 2, b)
	case *image.Paletted:
		convertPaletted(m, img)
	case *image.CMYK:
		convertCMYK(m, img)
	default:
		return fmt.Errorf("%w: pixels of type %T", ErrUnsupported, img)
	}
	return nil
}

// convertGray replicates grey samples of size bytes each, high byte first.
func convertGray(m *images.RGB, pix []uint8, stride, size int, b image.Rectangle) {
	m.Reset(b.Dx(), b.Dy())
	for y := range m.H {
		dst, src := m.Row(y), pix[y*stride:]
		for x := range m.W {
			v := src[x*size]
			dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
		}
	}
}

// convertNRGBA drops the alpha channel.
func convertNRGBA(m *images.RGB, img *image.NRGBA) {
	m.Reset(img.Rect.Dx(), img.Rect.Dy())
	for y := range m.H {
		dst, src := m.Row(y), img.Pix[y*img.Stride:][:4*m.W]
		for len(src) >= 4 && len(dst) >= 3 {
			dst[0], dst[1], dst[2] = src[0], src[1], src[2]
			dst, src = dst[3:], src[4:]
		}
	}
}

// convertNRGBA64 drops the alpha channel and the low bytes.
func convertNRGBA64(m *images.RGB, img *image.NRGBA64) {
	m.Reset(img.Rect.Dx(), img.Rect.Dy())
	for y := range m.H {
		dst, src := m.Row(y), img.Pix[y*img.Stride:][:8*m.W]
		for len(src) >= 8 && len(dst) >= 3 {
			dst[0], dst[1], dst[2] = src[0], src[2], src[4]
			dst, src = dst[3:], src[8:]
		}
	}
}

// convertPremultiplied drops the alpha channel of samples of size bytes each (high byte first) that
// were multiplied by it, after dividing it out again. Opaque pixels, which is what most decoders
// give in this form, are copied.
func convertPremultiplied(m *images.RGB, pix []uint8, stride, size int, b image.Rectangle) {
	m.Reset(b.Dx(), b.Dy())
	for y := range m.H {
		dst, src := m.Row(y), pix[y*stride:][:4*size*m.W]
		for len(src) > 0 {
			alpha := uint32(src[3*size])
			for c := range 3 {
				v := uint32(src[c*size])
				if alpha != 255 && alpha != 0 {
					v = min((v*255+alpha/2)/alpha, 255)
				}
				dst[c] = uint8(v)
			}
			dst, src = dst[3:], src[4*size:]
		}
	}
}

// convertPaletted looks the indices up, dropping the palette's alpha.
func convertPaletted(m *images.RGB, img *image.Paletted) {
	table := make([][3]uint8, 256)
	for i, c := range img.Palette {
		switch c := c.(type) {
		case color.NRGBA:
			table[i] = [3]uint8{c.R, c.G, c.B}
		default:
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			table[i] = [3]uint8{n.R, n.G, n.B}
		}
	}
	m.Reset(img.Rect.Dx(), img.Rect.Dy())
	for y := range m.H {
		lookUp(m.Row(y), img.Pix[y*img.Stride:][:m.W], table)
	}
}

// lookUp writes table's colours of the indices src to dst; table has 256 entries.
func lookUp(dst, src []uint8, table [][3]uint8) {
	for x, i := range src {
		c := &table[i]
		dst[3*x], dst[3*x+1], dst[3*x+2] = c[0], c[1], c[2]
	}
}

// convertCMYK mixes inks on white as Pillow does: (255-k) - c*(255-k)/255. The JPEG decoder has
// undone Adobe's inversion and turned YCCK into CMYK by then.
func convertCMYK(m *images.RGB, img *image.CMYK) {
	m.Reset(img.Rect.Dx(), img.Rect.Dy())
	for y := range m.H {
		dst, src := m.Row(y), img.Pix[y*img.Stride:][:4*m.W]
		for len(src) >= 4 && len(dst) >= 3 {
			white := 255 - int(src[3])
			for c := range 3 {
				ink := int(src[c])*white + 128
				dst[c] = uint8(max(white-(ink>>8+ink)>>8, 0))
			}
			dst, src = dst[3:], src[4:]
		}
	}
}
