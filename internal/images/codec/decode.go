package codec

import (
	"bytes"
	"errors"
	"fmt"

	"csl/internal/images"
	"csl/internal/images/bmp"
	"csl/internal/images/gif"
	"csl/internal/images/jpeg"
	"csl/internal/images/png"
	"csl/internal/images/tiff"
	"csl/internal/images/webp"
)

// Options are the choices that decoding leaves open.
type Options struct {
	MaxPixels       int64   // largest width x height; 0 means DefaultMaxPixels
	Memory          *Memory // what decoding may take; nil means DefaultMaxMemory for each image
	EXIFOrientation bool    // turn the image as its EXIF tag says; Pillow, and so the reference, does not (but for TIFF, where the tag is part of the format and both always do)
	TargetWidth     int     // width to which rows are resized as they are decoded; 0 where the whole image is wanted
}

// Pixels is raised when a file gives other pixels than before, so that caches of pixels are made anew.
const Pixels = 3

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
// that is odd and data after the image's end are not. Memory is bounded by the size limit and the
// budget: the header is checked before pixels are decoded. Nothing panics.
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
	defer o.Reserve(info)()
	m.Reset(info.Width, info.Height)
	if err := d.Rows(whole{m}, data, info); err != nil {
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
	return info, info.Check(o, int64(len(data)))
}

// turns reports whether an image is to be turned as its orientation says.
func (o Options) turns(info Info) bool {
	return info.Orientation != 1 && (o.EXIFOrientation || info.Format == TIFF)
}

// LeavesRotated reports whether an image is stored rotated, as its EXIF tag says, and is not turned upright.
func (o Options) LeavesRotated(info Info) bool { return info.Orientation != 1 && !o.turns(info) }

// InRows reports whether Rows decodes the image as it is wanted: those that are not to be turned.
func (o Options) InRows(info Info) bool { return !o.turns(info) }

// Reserve waits until the memory that an image takes is free, and holds it until release is called.
func (o Options) Reserve(info Info) (release func()) {
	n := info.memory(o)
	o.Memory.acquire(n)
	return func() { o.Memory.release(n) }
}

// Rows decodes a file whose header [Inspect] found in order, and hands on its rows, not turned, as they are ready.
// [Decoder.DecodeInto] reserves memory for that, Rows does not.
func (d *Decoder) Rows(t images.Target, data []byte, info Info) (err error) {
	defer func() { err = damaged(info.Format, err) }()
	defer recoverAs(&err, "decode pixels")
	switch info.Format {
	case JPEG:
		if err := checkScans(data, info.blocks); err != nil {
			return err
		}
		if d.jpeg == nil {
			d.jpeg = jpeg.NewDecoder(false)
		}
		return d.jpeg.Decode(data, t)
	case PNG:
		return png.Decode(data, t)
	case GIF:
		return gif.Decode(data, t)
	case WebP:
		return webp.Decode(data, t)
	case BMP:
		return bmp.Decode(data, t)
	case TIFF:
		return tiff.Decode(data, t)
	}
	return images.Unsupported("format %q", info.Format)
}

// whole takes rows into an image.
type whole struct{ m *images.RGB }

func (w whole) Row(y int) []uint8 { return w.m.Row(y) }
func (w whole) Done(int)          {}

// damaged says of what an error is, unless it says that the kind of file is not supported.
func damaged(f Format, err error) error {
	if err == nil || errors.Is(err, images.ErrUnsupported) {
		return err
	}
	return fmt.Errorf("decode %s (damaged or cut short?): %w", f, err)
}

// checkScans refuses a JPEG whose many scans would take minutes to decode: each goes over
// all blocks. Real progressive files have about ten.
func checkScans(data []byte, blocks int64) error {
	const most, cost = 500, 1 << 30
	n := int64(bytes.Count(data, []byte{0xff, 0xda}))
	if n > most || n*blocks > cost {
		return fmt.Errorf("%d scans of %d blocks, the limit is %d scans and %d blocks in all", n, blocks, most, cost)
	}
	return nil
}
