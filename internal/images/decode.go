package images

import (
	"bytes"
	"fmt"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// DecodeOptions are the choices that decoding leaves open.
type DecodeOptions struct {
	MaxPixels       int64 // largest width x height; 0 means DefaultMaxPixels
	EXIFOrientation bool  // turn the image as its EXIF tag says; Pillow, and so the reference, does not (but for TIFF, where the tag is part of the format and both always do)
}

// Decode turns the content of an image file into RGB, as Pillow's convert("RGB") does: grey is
// replicated, palettes are looked up, transparency is dropped and the colours beneath kept, 16 bit
// samples give their high byte (Pillow makes 16 bit grey white, which is its bug), CMYK is
// converted without a profile, of an animation the first frame is taken on its canvas. The format
// is told from the content.
//
// A file that is damaged or cut short is an error, also where part of it could be shown; metadata
// that is odd and data after the image's end are not. Memory is bounded by the size limit: the
// header is checked before pixels are decoded. Nothing panics.
func Decode(data []byte, o DecodeOptions) (*RGB, Info, error) {
	m := new(RGB)
	info, err := DecodeInto(m, data, o)
	if err != nil {
		return nil, info, err
	}
	return m, info, nil
}

// DecodeInto is Decode into m, whose memory is used again. After an error m is undefined.
func DecodeInto(m *RGB, data []byte, o DecodeOptions) (info Info, err error) {
	info, err = DecodeHeader(data)
	if err != nil {
		return info, err
	}
	if err := info.checkSize(o.MaxPixels); err != nil {
		return info, err
	}
	if err := info.checkFits(data, int64(len(data))); err != nil {
		return info, err
	}
	if err := decodePixels(m, data, &info); err != nil {
		return info, fmt.Errorf("decode %s (damaged or cut short?): %w", info.Format, err)
	}
	if o.EXIFOrientation || info.Format == TIFF {
		orient(m, info.Orientation)
	}
	return info, nil
}

// decodePixels decodes an image whose header was found in order.
func decodePixels(m *RGB, data []byte, info *Info) (err error) {
	defer recoverAs(&err, "decode pixels")
	r := bytes.NewReader(data)
	switch info.Format {
	case JPEG:
		if err := checkScans(data); err != nil {
			return err
		}
		img, err := jpeg.Decode(r)
		return convert(m, img, err)
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
