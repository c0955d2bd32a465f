package bmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"csl/internal/images"
)

// The compressions of the header.
const (
	raw       = 0
	rle8      = 1
	rle4      = 2
	bitFields = 3
	alphaBits = 6 // bit fields with one for alpha
)

// Header is what stands in front of the pixels.
type Header struct {
	Width, Height int // pixels

	depth       int // bits per pixel
	compression uint32
	down        bool // the first row is the top one
	offset      int64
	colors      []byte // the palette, blue, green, red, in steps of colorBytes
	colorBytes  int
	masks       [3]uint32 // red, green, blue
}

// ReadHeader reads a file up to its pixels. A prefix of the file will do where it holds the header.
func ReadHeader(data []byte) (h Header, err error) {
	if len(data) < 18 {
		return h, io.ErrUnexpectedEOF
	}
	if data[0] != 'B' || data[1] != 'M' {
		return h, errors.New("no BMP signature")
	}
	h.offset = int64(binary.LittleEndian.Uint32(data[10:]))
	n := int(binary.LittleEndian.Uint32(data[14:]))
	switch n {
	case 12, 40, 52, 56, 64, 108, 124:
	default:
		return h, images.Unsupported("BMP with a header of %d bytes", n)
	}
	rest := data[14:]
	if len(rest) < n {
		return h, io.ErrUnexpectedEOF
	}
	used := h.parse(rest[:n])
	h.setMasks(rest, n)
	if h.compression == bitFields && n == 40 {
		n += 12
	} else if h.compression == alphaBits && n == 40 {
		n += 16
	}
	if err := h.check(); err != nil {
		return h, err
	}
	h.readPalette(rest[min(n, len(rest)):], used)
	if h.offset == 0 {
		h.offset = int64(14 + n + len(h.colors))
	}
	return h, nil
}

// parse reads an information header and returns the number of colors it states, 0 for all.
func (h *Header) parse(b []byte) (colors uint32) {
	le := binary.LittleEndian
	if len(b) == 12 {
		h.Width, h.Height, h.depth = int(le.Uint16(b[4:])), int(le.Uint16(b[6:])), int(le.Uint16(b[10:]))
		h.colorBytes = 3
		return 0
	}
	h.Width, h.Height, h.depth = int(int32(le.Uint32(b[4:]))), int(int32(le.Uint32(b[8:]))), int(le.Uint16(b[14:]))
	if h.Height < 0 {
		h.down, h.Height = true, -h.Height
	}
	h.compression, h.colorBytes = le.Uint32(b[16:]), 4
	return le.Uint32(b[32:])
}

// setMasks finds the bits of red, green and blue in pixels of 16 and 32 bits; b begins with a header of n bytes.
func (h *Header) setMasks(b []byte, n int) {
	h.masks = [3]uint32{0xff0000, 0xff00, 0xff}
	if h.depth == 16 {
		h.masks = [3]uint32{0x7c00, 0x3e0, 0x1f}
	}
	if (h.compression != bitFields && h.compression != alphaBits) || n == 64 || len(b) < 52 {
		return
	}
	var m [3]uint32
	for i := range m {
		m[i] = binary.LittleEndian.Uint32(b[40+4*i:])
	}
	if m != [3]uint32{} {
		h.masks = m
	}
}

// check refuses what is not decoded.
func (h *Header) check() error {
	if h.Width < 1 || h.Height < 1 {
		return fmt.Errorf("size %dx%d", h.Width, h.Height)
	}
	ok := false
	switch h.compression {
	case raw:
		ok = h.depth == 1 || h.depth == 2 || h.depth == 4 || h.depth == 8 || h.depth == 16 || h.depth == 24 || h.depth == 32
	case rle8:
		ok = h.depth == 8
	case rle4:
		ok = h.depth == 4
	case bitFields, alphaBits:
		ok = h.colorBytes == 4 && (h.depth == 16 || h.depth == 24 || h.depth == 32)
	}
	if !ok {
		return images.Unsupported("BMP with %d bits per pixel and compression %d", h.depth, h.compression)
	}
	if h.depth == 16 || h.depth == 32 {
		for _, m := range h.masks {
			if m != 0 && bits.Len32(m)-bits.TrailingZeros32(m) != bits.OnesCount32(m) {
				return images.Unsupported("BMP with a bit field of mask %#x", m)
			}
		}
	}
	return nil
}

// readPalette takes what there is of the palette.
func (h *Header) readPalette(b []byte, used uint32) {
	if h.depth > 8 {
		return
	}
	n := uint32(1) << h.depth
	if used > 0 && used < n {
		n = used
	}
	if room := h.offset - 14; h.colorBytes == 3 && room > 12 {
		n = min(n, uint32((room-12)/3))
	}
	h.colors = b[:min(int(n)*h.colorBytes, len(b))]
}

// compressed reports whether pixels are run-length coded.
func (h *Header) compressed() bool { return h.compression == rle8 || h.compression == rle4 }

// rowBytes is the length of an uncompressed row, padded to 4 bytes.
func (h *Header) rowBytes() int64 { return (int64(h.Width)*int64(h.depth) + 31) / 32 * 4 }

// Memory is how many bytes decoding takes beside the target.
func (h *Header) Memory() int64 {
	if h.compressed() {
		return int64(h.Width) * int64(h.Height)
	}
	return 0
}

// Least is the smallest file, in bytes, that can hold the pixels.
func (h *Header) Least() int64 {
	if h.compressed() {
		return 0
	}
	return h.rowBytes()*int64(h.Height-1) + (int64(h.Width)*int64(h.depth)+7)/8
}
