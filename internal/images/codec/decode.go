package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image/gif"
	"image/png"

	"csl/internal/images"
	"csl/internal/images/jpeg"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Options are the choices that decoding leaves open.
type Options struct {
	MaxPixels       int64 // largest width x height; 0 means DefaultMaxPixels
	EXIFOrientation bool  // turn the image as its EXIF tag says; Pillow, and so the reference, does not (but for TIFF, where the tag is part of the format and both always do)
}

// Pixels is raised when a file gives other pixels than before, so that caches of pixels are made anew.
const Pixels = 2

// Decoder decodes images one after the other and keeps its memory between them. It is for one goroutine at a time. The
// zero value is ready to use.
type Decoder struct {
	jpeg *jpeg.Decoder
}

// Decode turns the content of an image file into RGB, as Pillow's convert("RGB") does: grey is
// replicated, palettes are looked up, transparency is dropped and the colors beneath kept, 16-bit
// samples give their high byte (Pillow makes 16-bit grey white, which is its bug), CMYK is
// converted without a profile, of an animation the first frame is taken on its canvas. The format
// is recognized by the content. JPEG files give Pillow's pixels to the bit.
//
// A file that is damaged or cut short is an error, also where part of it could be shown; metadata
// that is odd and data after the image's end are not. Memory is bounded by the size limit: the
// header is checked before pixels are decoded. Nothing panics.
func Decode(data []byte, o Options) (*images.RGB, Info, error) {
	m := new(images.RGB)
	info, err := new(Decoder).DecodeInto(m, data, o)
	if err != nil {
		return nil, info, err
	}
	return m, info, nil
}

// DecodeInto is Decode into m, whose memory is used again. After an error m is undefined.
func (d *Decoder) DecodeInto(m *images.RGB, data []byte, o Options) (Info, error) {
	info, err := Inspect(data, o)
	if err != nil {
		return info, err
	}
	if info.Format == JPEG {
		m.Reset(info.Width, info.Height)
		err = d.Rows(whole{m}, data)
	} else {
		err = damaged(info.Format, decodePixels(m, data, &info))
	}
	if err != nil {
		return info, err
	}
	if o.turns(info) {
		orient(m, info.Orientation)
	}
	return info, nil
}

// Inspect reads the header and refuses an image that is too large, or larger than its file can be.
func Inspect(data []byte, o Options) (Info, error) {
	info, err := DecodeHeader(data)
	if err != nil {
		return info, err
	}
	return info, info.Check(o, data, int64(len(data)))
}

// turns reports whether an image is to be turned as its orientation says.
func (o Options) turns(info Info) bool {
	return info.Orientation != 1 && (o.EXIFOrientation || info.Format == TIFF)
}

// InRows reports whether Rows decodes the image: JPEG files that are not to be turned.
func (o Options) InRows(info Info) bool { return info.Format == JPEG && !o.turns(info) }

// Rows decodes a JPEG file whose header [Inspect] found in order, and hands on its rows as they are ready.
func (d *Decoder) Rows(t jpeg.Target, data []byte) (err error) {
	defer func() { err = damaged(JPEG, err) }()
	defer recoverAs(&err, "decode pixels")
	if err := checkScans(data); err != nil {
		return err
	}
	if d.jpeg == nil {
		d.jpeg = jpeg.NewDecoder(false)
	}
	return d.jpeg.Decode(data, t)
}

// whole takes rows into an image.
type whole struct{ m *images.RGB }

func (w whole) Row(y int) []uint8 { return w.m.Row(y) }
func (w whole) Done(int)          {}

// damaged says of what an error is, unless it says that the kind of file is not supported.
func damaged(f Format, err error) error {
	if err == nil || errors.Is(err, ErrUnsupported) {
		return err
	}
	return fmt.Errorf("decode %s (damaged or cut short?): %w", f, err)
}

// decodePixels decodes an image whose header was found in order.
func decodePixels(m *images.RGB, data []byte, info *Info) (err error) {
	defer recoverAs(&err, "decode pixels")
	r := bytes.NewReader(data)
	switch info.Format {
	case PNG:
		img, err := png.Decode(r)
		return convert(m, img, err)
	case GIF:
		img, err := gif.Decode(r)
		if err != nil {
			return err
		}
		return convertGIF(m, data, img, info)
	case WebP:
		return decodeWebP(m, data)
	case BMP:
		img, err := bmp.Decode(r)
		return convert(m, img, err)
	case TIFF:
		img, err := tiff.Decode(r)
		return convert(m, img, err)
	}
	return fmt.Errorf("%w: format %q", ErrUnsupported, info.Format)
}

// checkScans refuses a JPEG with so many scans that decoding it would take minutes: each goes over
// the whole image. Real progressive files have about ten.
func checkScans(data []byte) error {
	const limit = 500
	if n := bytes.Count(data, []byte{0xff, 0xda}); n > limit {
		return fmt.Errorf("%d scans, the limit is %d", n, limit)
	}
	return nil
}
