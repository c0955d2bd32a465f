package gif

import (
	"encoding/binary"
	"errors"
	"io"
)

// Header is what stands in front of the first frame's pixels.
type Header struct {
	Width, Height int // of the canvas, pixels

	x, y, w, h  int    // of the frame on the canvas
	colors      []byte // 3 bytes for each entry of the palette
	transparent int    // index, 0 where none is stated
	interlaced  bool
	data        []byte // from the LZW code size on
}

// ReadHeader reads a file up to the first frame's pixels. A prefix of the file will do where it holds that much.
func ReadHeader(data []byte) (h Header, err error) {
	const start = 13
	if len(data) < start {
		return h, io.ErrUnexpectedEOF
	}
	if s := string(data[:6]); s != "GIF87a" && s != "GIF89a" {
		return h, errors.New("no GIF signature")
	}
	h.Width, h.Height = int(binary.LittleEndian.Uint16(data[6:])), int(binary.LittleEndian.Uint16(data[8:]))
	global, rest := splitPalette(data[start:], data[10])
	for len(rest) > 0 {
		switch rest[0] {
		case extension:
			h.control(rest)
			rest = skipBlocks(rest[min(2, len(rest)):])
		case frame:
			return h, h.readFrame(rest, global)
		case trailer:
			return h, errors.New("no frame")
		default:
			rest = rest[1:] // Pillow steps over what it does not know
		}
	}
	return h, io.ErrUnexpectedEOF
}

// The bytes that begin blocks.
const (
	extension = 0x21
	frame     = 0x2c
	trailer   = 0x3b
)

// control takes the transparent index from a graphic control extension.
func (h *Header) control(b []byte) {
	if len(b) >= 8 && b[1] == 0xf9 && b[3]&1 == 1 {
		h.transparent = int(b[6])
	}
}

// readFrame reads the frame's descriptor and palette.
func (h *Header) readFrame(b, global []byte) error {
	if len(b) < 11 {
		return io.ErrUnexpectedEOF
	}
	le := binary.LittleEndian
	h.x, h.y = int(le.Uint16(b[1:])), int(le.Uint16(b[3:]))
	h.w, h.h = int(le.Uint16(b[5:])), int(le.Uint16(b[7:]))
	h.Width, h.Height = max(h.Width, h.x+h.w), max(h.Height, h.y+h.h)
	h.interlaced = b[9]&0x40 != 0
	h.colors = global
	local, rest := splitPalette(b[10:], b[9])
	if len(local) > 0 {
		h.colors = local
	}
	h.data = rest
	return nil
}

// Memory is how many bytes decoding takes beside the target.
func (h *Header) Memory() int64 {
	if h.interlaced {
		return int64(h.w) * int64(h.h)
	}
	return 0
}

// Animated reports whether further frames follow the first one.
func Animated(data []byte) bool {
	h, err := ReadHeader(data)
	if err != nil {
		return false
	}
	for rest := skipBlocks(h.data[min(1, len(h.data)):]); len(rest) > 0; {
		switch rest[0] {
		case extension:
			rest = skipBlocks(rest[min(2, len(rest)):])
		case frame:
			return true
		default:
			return false
		}
	}
	return false
}

// splitPalette splits off the color table that packed, a byte of flags, announces.
func splitPalette(data []byte, packed byte) (table, rest []byte) {
	if packed&0x80 == 0 {
		return nil, data
	}
	n := min(3<<(packed&7+1), len(data))
	return data[:n], data[n:]
}

// skipBlocks steps over a chain of data blocks and its end mark.
func skipBlocks(data []byte) []byte {
	for len(data) > 0 && data[0] != 0 {
		data = data[min(int(data[0])+1, len(data)):]
	}
	return data[min(1, len(data)):]
}
