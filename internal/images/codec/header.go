package codec

import (
	"errors"
	"fmt"

	"csl/internal/images/bmp"
	"csl/internal/images/gif"
	"csl/internal/images/jpeg"
	"csl/internal/images/png"
	"csl/internal/images/tiff"
	"csl/internal/images/webp"
)

// DefaultMaxPixels is the largest image decoded unless told otherwise: Pillow's limit, about
// 13,377 x 13,377.
const DefaultMaxPixels = 178956970

// ErrTooLarge is wrapped by the error for an image whose header states more pixels than allowed.
var ErrTooLarge = errors.New("image too large")

// Info is what the header of an image tells.
type Info struct {
	Format      Format // of the file
	Width       int    // pixels, as stored: before any turning
	Height      int    // pixels, as stored
	Orientation int    // EXIF orientation, 1 to 8; 1 where the file states none
	Animated    bool   // further frames follow the first one, the only one that is read

	extra  int64 // bytes that decoding takes beside the rows
	least  int64 // bytes that the file has at least
	blocks int64 // of a JPEG
}

// DecodeHeader tells format and size of an image without decoding its pixels. A prefix of the file
// will do where it holds the whole header; an error for a prefix may go away with the whole file. A
// kind of file that is not decoded is an error that wraps images.ErrUnsupported.
func DecodeHeader(data []byte) (info Info, err error) {
	defer recoverAs(&err, "read image header")
	info.Format, err = Sniff(data)
	if err != nil {
		return Info{}, err
	}
	info.Orientation = 1
	if err := readers[info.Format](&info, data); err != nil {
		return Info{}, fmt.Errorf("%s header: %w", info.Format, err)
	}
	if info.Width < 1 || info.Height < 1 {
		return Info{}, fmt.Errorf("%s header: size %dx%d", info.Format, info.Width, info.Height)
	}
	return info, nil
}

// readers read the headers of the formats.
var readers = map[Format]func(i *Info, data []byte) error{
	JPEG: func(i *Info, data []byte) error {
		h, err := jpeg.ReadHeader(data)
		i.Width, i.Height, i.Orientation = h.Width, h.Height, jpegOrientation(data)
		i.extra, i.blocks = h.Memory(), h.Blocks()
		i.least = (int64(h.Width) + 7) / 8 * ((int64(h.Height) + 7) / 8) / 8 // a bit on each block of 8x8 samples
		return err
	},
	PNG: func(i *Info, data []byte) error {
		h, err := png.ReadHeader(data)
		i.Width, i.Height, i.Orientation, i.Animated = h.Width, h.Height, exifOrientation(h.EXIF), h.Animated
		if err == nil {
			i.extra, i.least = h.Memory(), h.Least()
		}
		return err
	},
	GIF: func(i *Info, data []byte) error {
		h, err := gif.ReadHeader(data)
		i.Width, i.Height, i.Animated, i.extra = h.Width, h.Height, gif.Animated(data), h.Memory()
		return err
	},
	WebP: func(i *Info, data []byte) error {
		h, err := webp.ReadHeader(data)
		i.Width, i.Height, i.Orientation, i.Animated = h.Width, h.Height, exifOrientation(h.EXIF), h.Animated
		i.extra = h.Memory()
		return err
	},
	BMP: func(i *Info, data []byte) error {
		h, err := bmp.ReadHeader(data)
		i.Width, i.Height, i.extra, i.least = h.Width, h.Height, h.Memory(), h.Least()
		return err
	},
	TIFF: func(i *Info, data []byte) error {
		h, err := tiff.ReadHeader(data)
		i.Width, i.Height, i.Orientation = h.Width, h.Height, exifOrientation(data)
		if err == nil {
			i.extra, i.least = h.Memory(), h.Least()
		}
		return err
	},
}

// Check refuses an image of more pixels or memory than o allows, and one that its file of size bytes cannot hold,
// before memory is spent on it.
func (i Info) Check(o Options, size int64) error {
	limit := o.MaxPixels
	if limit == 0 {
		limit = DefaultMaxPixels
	}
	if int64(i.Width) > limit/int64(i.Height) {
		return fmt.Errorf("%w: %dx%d is more than %d pixels, the limit (max_pixels)", ErrTooLarge, i.Width, i.Height, limit)
	}
	if i.least > size {
		return fmt.Errorf("%s cut short: %d bytes cannot hold %dx%d pixels", i.Format, size, i.Width, i.Height)
	}
	return o.Memory.check(i.memory(o))
}

// memory is how many bytes the image takes while it is decoded, and resized.
func (i Info) memory(o Options) int64 {
	w, h := int64(i.Width), int64(i.Height)
	n := i.extra
	whole := o.TargetWidth == 0
	if o.turns(i) {
		whole = true
		n += 3 * w * h // turned copy
		if i.Orientation > 4 {
			w, h = h, w
		}
	}
	if whole {
		n += 3 * w * h
	}
	return n + 3*int64(o.TargetWidth)*h
}

// recoverAs turns a panic of a decoder into an error.
func recoverAs(err *error, what string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: decoder failed: %v", what, p)
	}
}
