package png

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"csl/internal/images"
)

// signature begins every file.
const signature = "\x89PNG\r\n\x1a\n"

// The color types of the header.
const (
	grey      = 0
	rgb       = 2
	palette   = 3
	greyAlpha = 4
	rgba      = 6
)

// Header is what stands in front of the pixels.
type Header struct {
	Width, Height int    // pixels
	Animated      bool   // an APNG: further frames follow the first one
	EXIF          []byte // content of the eXIf chunk; nil = none

	depth, kind byte
	interlaced  bool
	colors      []byte // 3 bytes for each entry of the palette
}

// ReadHeader reads a file up to its pixels. A prefix of the file will do where it holds the header chunk; what the
// prefix lacks counts as absent.
func ReadHeader(data []byte) (Header, error) {
	h, _, err := readHeader(data)
	return h, err
}

// readHeader is [ReadHeader] and also returns what there is from the first chunk with pixels on.
func readHeader(data []byte) (h Header, rest []byte, err error) {
	rest, ok := bytes.CutPrefix(data, []byte(signature))
	if !ok {
		return h, nil, errors.New("no PNG signature")
	}
	first, rest, err := next(rest)
	if err == nil && first.kind != "IHDR" {
		return h, nil, fmt.Errorf("chunk %q where the header is wanted", first.kind)
	}
	if err == nil {
		err = h.parse(first)
	}
	for err == nil {
		var c chunk
		after := rest
		c, after, err = next(rest)
		switch {
		case err != nil:
			continue
		case c.kind == "IDAT":
			return h, rest, nil
		case c.kind == "PLTE":
			err = h.readPalette(c)
		case c.kind == "acTL":
			h.Animated = true
		case c.kind == "eXIf":
			h.EXIF = c.body
		}
		rest = after
	}
	if h.Width > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		return h, cut(rest), nil
	}
	return h, nil, err
}

// parse reads the header chunk.
func (h *Header) parse(c chunk) error {
	if err := c.check(); err != nil {
		return err
	}
	b := c.body
	if len(b) != 13 {
		return fmt.Errorf("header of %d bytes", len(b))
	}
	w, ht := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || ht == 0 || w > 1<<31-1 || ht > 1<<31-1 {
		return fmt.Errorf("size %dx%d", w, ht)
	}
	h.depth, h.kind = b[8], b[9]
	if !valid(h.depth, h.kind) {
		return fmt.Errorf("%d bits per sample with color type %d", h.depth, h.kind)
	}
	if b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return images.Unsupported("PNG with compression %d, filter %d and interlace %d", b[10], b[11], b[12])
	}
	h.Width, h.Height, h.interlaced = int(w), int(ht), b[12] == 1
	return nil
}

// valid reports whether the standard has samples of depth bits with a color type.
func valid(depth, kind byte) bool {
	switch kind {
	case grey:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16
	case palette:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8
	case rgb, greyAlpha, rgba:
		return depth == 8 || depth == 16
	}
	return false
}

// readPalette takes the palette's entries; files of other color types have one as a suggestion only.
func (h *Header) readPalette(c chunk) error {
	if h.kind != palette {
		return nil
	}
	if err := c.check(); err != nil {
		return err
	}
	if n := len(c.body); n == 0 || n%3 != 0 || n > 768 {
		return fmt.Errorf("palette of %d bytes", n)
	}
	h.colors = c.body
	return nil
}

// channels is the number of samples per pixel.
func (h *Header) channels() int {
	return [...]int{grey: 1, rgb: 3, palette: 1, greyAlpha: 2, rgba: 4}[h.kind]
}

// rowBytes is the length of a row of w pixels, without its filter byte.
func (h *Header) rowBytes(w int) int64 {
	return (int64(w)*int64(h.channels())*int64(h.depth) + 7) / 8
}

// Memory is how many bytes decoding takes beside the target: a few rows, and an interlaced file's pixels.
func (h *Header) Memory() int64 {
	n := 3*h.rowBytes(h.Width) + 1<<17
	if h.interlaced {
		n += 3 * int64(h.Width) * int64(h.Height)
	}
	return n
}

// Least is the smallest file, in bytes, that can hold the pixels: deflate shrinks 1032-fold at most.
func (h *Header) Least() int64 {
	return int64(h.Height) * (1 + h.rowBytes(h.Width)) / 1032
}

// chunk is one chunk of a file; raw is its type and body, over which its sum goes.
type chunk struct {
	kind      string
	body, raw []byte
	sum       uint32
}

// next splits the first chunk off data. What is cut short is an io.ErrUnexpectedEOF.
func next(data []byte) (c chunk, rest []byte, err error) {
	if len(data) < 12 {
		return c, nil, io.ErrUnexpectedEOF
	}
	n := int64(binary.BigEndian.Uint32(data))
	c.kind = string(data[4:8])
	if n > int64(len(data)-12) {
		return c, nil, fmt.Errorf("chunk %q: %w", c.kind, io.ErrUnexpectedEOF)
	}
	c.raw = data[4 : 8+n]
	c.body, c.sum = c.raw[4:], binary.BigEndian.Uint32(data[8+n:])
	return c, data[12+n:], nil
}

// check compares a chunk's checksum.
func (c chunk) check() error {
	if got := crc32.ChecksumIEEE(c.raw); got != c.sum {
		return fmt.Errorf("chunk %q: invalid checksum", c.kind)
	}
	return nil
}
