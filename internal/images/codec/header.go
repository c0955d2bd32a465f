package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"

	"csl/internal/images/jpeg"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// DefaultMaxPixels is the largest image decoded unless told otherwise: Pillow's limit, about
// 13,377 x 13,377.
const DefaultMaxPixels = 178956970

// ErrTooLarge is wrapped by the error for an image whose header states more pixels than allowed.
var ErrTooLarge = errors.New("image too large")

// Info is what the header of an image tells.
type Info struct {
	Format      Format
	Width       int  // pixels, as stored: before any turning
	Height      int  // pixels, as stored
	Orientation int  // EXIF orientation, 1 to 8; 1 where the file states none
	Animated    bool // further frames follow the first one, the only one that is read
}

// DecodeHeader tells format and size of an image without decoding its pixels. A prefix of the file
// will do where it holds the whole header; an error for a prefix may go away with the whole file.
func DecodeHeader(data []byte) (info Info, err error) {
	defer recoverAs(&err, "read image header")
	format, err := Sniff(data)
	if err != nil {
		return Info{}, err
	}
	info = Info{Format: format, Orientation: 1}
	var c image.Config
	r := bytes.NewReader(data)
	switch format {
	case JPEG:
		var h jpeg.Header
		h, err = jpeg.ReadHeader(data)
		c.Width, c.Height = h.Width, h.Height
		info.Orientation = jpegOrientation(data)
	case PNG:
		c, err = png.DecodeConfig(r)
		info.Orientation, info.Animated = pngExtras(data)
	case GIF:
		c, err = gif.DecodeConfig(r)
	case WebP:
		var w webpFile
		w, err = parseWebP(data)
		c.Width, c.Height = w.width, w.height
		info.Orientation, info.Animated = exifOrientation(w.exif), w.animated
	case BMP:
		c, err = bmp.DecodeConfig(r)
	case TIFF:
		c, err = tiff.DecodeConfig(r)
		info.Orientation = exifOrientation(data)
	}
	if err != nil {
		return Info{}, fmt.Errorf("%s header: %w", format, err)
	}
	if c.Width < 1 || c.Height < 1 {
		return Info{}, fmt.Errorf("%s header: size %dx%d", format, c.Width, c.Height)
	}
	info.Width, info.Height = c.Width, c.Height
	return info, nil
}

// Check refuses an image of more pixels than o allows, and one that its file of size bytes, which starts with head,
// cannot hold.
func (i Info) Check(o Options, head []byte, size int64) error {
	if err := i.checkSize(o.MaxPixels); err != nil {
		return err
	}
	return i.checkFits(head, size)
}

// checkSize refuses an image of more than limit pixels (0: DefaultMaxPixels).
func (i Info) checkSize(limit int64) error {
	if limit == 0 {
		limit = DefaultMaxPixels
	}
	if n := int64(i.Width) * int64(i.Height); n > limit {
		return fmt.Errorf("%w: %dx%d is %d pixels, the limit is %d", ErrTooLarge, i.Width, i.Height, n, limit)
	}
	return nil
}

// checkFits refuses a file of size bytes, which starts with head, that cannot hold the image its
// header states, before memory is spent on it: deflate shrinks at most 1032-fold, and a JPEG spends
// a bit on each block of 8x8 samples.
func (i Info) checkFits(head []byte, size int64) error {
	w, h, need := int64(i.Width), int64(i.Height), int64(0)
	switch i.Format {
	case PNG:
		if len(head) < 26 {
			return nil
		}
		channels := [8]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[head[25]&7]
		need = h * (1 + (w*channels*int64(head[24])+7)/8) / 1032
	case JPEG:
		need = ((w + 7) / 8) * ((h + 7) / 8) / 8
	}
	if need > size {
		return fmt.Errorf("%s cut short: %d bytes cannot hold %dx%d pixels", i.Format, size, i.Width, i.Height)
	}
	return nil
}

// recoverAs turns a panic of a decoder into an error.
func recoverAs(err *error, what string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: decoder failed: %v", what, p)
	}
}
