package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// Header is what the container tells.
type Header struct {
	Width, Height int    // of the canvas, pixels
	EXIF          []byte // content of the EXIF chunk; nil = none
	Animated      bool   // whether the file has several frames

	lossless bool
}

// ReadHeader reads a file's container and the header of its first frame. A prefix of the file will do where it holds
// those.
func ReadHeader(data []byte) (Header, error) {
	f, err := parse(data)
	return Header{Width: f.width, Height: f.height, EXIF: f.exif, Animated: f.animated, lossless: f.lossless}, err
}

// Memory is how many bytes decoding takes beside the target: the codecs hold the frame as a whole, the lossless one
// twice where it is coded with a palette.
func (h *Header) Memory() int64 {
	n := int64(h.Width) * int64(h.Height)
	if h.lossless {
		return 8 * n
	}
	return 3*n/2 + 8*int64(h.Width)
}

// container is what a WebP container holds of its first frame. The stream is handed to the codecs
// directly: the container's alpha plane is not wanted, and of an animation the frame is.
type container struct {
	width, height int // of the canvas
	x, y          int // of the frame on the canvas
	stream        []byte
	lossless      bool
	exif          []byte
	animated      bool
}

var errMalformed = errors.New("malformed container")

// parse walks the chunks. A file cut short in its first stream is still parsed, so that a
// prefix is enough for the header; decoding will notice.
func parse(data []byte) (f container, err error) {
	err = f.chunks(data[min(12, len(data)):])
	if err != nil {
		return f, err
	}
	if f.stream == nil {
		return f, io.ErrUnexpectedEOF
	}
	w, h, err := f.streamSize()
	if err != nil {
		return f, err
	}
	if f.width == 0 {
		f.width, f.height = w, h
	}
	if !f.animated && (w != f.width || h != f.height) || f.x+w > f.width || f.y+h > f.height {
		return f, fmt.Errorf("frame of %dx%d at %d,%d does not fit the canvas of %dx%d", w, h, f.x, f.y, f.width, f.height)
	}
	return f, nil
}

// chunks collects what is wanted from a sequence of chunks: of the file, or of its first frame.
func (f *container) chunks(data []byte) error {
	for len(data) >= 8 {
		kind, size := string(data[:4]), uint64(binary.LittleEndian.Uint32(data[4:]))
		data = data[8:]
		body := data[:min(size, uint64(len(data)))]
		data = data[min(size+size&1, uint64(len(data))):]
		switch kind {
		case "VP8X":
			if len(body) < 10 || f.width != 0 {
				return errMalformed
			}
			f.animated = body[0]&2 != 0
			f.width, f.height = 1+uint24(body[4:]), 1+uint24(body[7:])
		case "ANMF":
			if f.stream != nil {
				continue
			}
			if len(body) < 16 || f.width == 0 {
				return errMalformed
			}
			f.x, f.y = 2*uint24(body), 2*uint24(body[3:])
			if err := f.chunks(body[16:]); err != nil {
				return err
			}
		case "VP8 ", "VP8L":
			if f.stream == nil {
				f.stream, f.lossless = body, kind == "VP8L"
			}
		case "EXIF":
			f.exif = bytes.TrimPrefix(body, []byte("Exif\x00\x00"))
		}
	}
	return nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// streamSize reads the size of the frame from its stream.
func (f *container) streamSize() (w, h int, err error) {
	if f.lossless {
		c, err := vp8l.DecodeConfig(bytes.NewReader(f.stream))
		return c.Width, c.Height, err
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(f.stream), len(f.stream))
	head, err := d.DecodeFrameHeader()
	return head.Width, head.Height, err
}
