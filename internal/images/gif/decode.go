package gif

import (
	"compress/lzw"
	"errors"
	"fmt"
	"io"

	"csl/internal/images"
)

// Decode decodes a file's first frame into t. After an error, what rows t has is undefined.
func Decode(data []byte, t images.Target) error {
	h, err := ReadHeader(data)
	if err != nil {
		return err
	}
	if h.w < 1 || h.h < 1 {
		return fmt.Errorf("frame of %dx%d", h.w, h.h)
	}
	if len(h.data) < 1 {
		return io.ErrUnexpectedEOF
	}
	bits := int(h.data[0])
	if bits < 2 || bits > 8 {
		return fmt.Errorf("LZW codes of %d bits", bits)
	}
	z := lzw.NewReader(&blocks{rest: h.data[1:]}, lzw.LSB, bits)
	defer z.Close()
	next, err := h.rows(z)
	if err != nil {
		return err
	}
	return h.paint(t, next)
}

// rows returns the function that reads the frame's rows of indices in order.
func (h *Header) rows(z io.Reader) (func(row []byte) error, error) {
	if !h.interlaced {
		return func(row []byte) error { return readRow(z, row) }, nil
	}
	all := make([]byte, h.w*h.h)
	for _, p := range [4][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := p[0]; y < h.h; y += p[1] {
			if err := readRow(z, all[y*h.w:][:h.w]); err != nil {
				return nil, err
			}
		}
	}
	return func(row []byte) error {
		copy(row, all)
		all = all[h.w:]
		return nil
	}, nil
}

// readRow reads a row of indices.
func readRow(z io.Reader, row []byte) error {
	if _, err := io.ReadFull(z, row); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("not enough pixel data: %w", err)
	}
	return nil
}

// paint hands on the canvas with the frame on it.
func (h *Header) paint(t images.Target, next func([]byte) error) error {
	var table [256][3]byte
	for i := range table {
		table[i] = [3]byte{byte(i), byte(i), byte(i)} // as in Pillow, for a file without colors, too
	}
	for i := range len(h.colors) / 3 {
		table[i] = [3]byte(h.colors[3*i:])
	}
	back := table[h.transparent]
	row := make([]byte, h.w)
	for y := range h.Height {
		dst := t.Row(y)[:3*h.Width]
		inside := y >= h.y && y < h.y+h.h
		if !inside || h.w < h.Width {
			for i := 0; i < len(dst); i += 3 {
				copy(dst[i:i+3], back[:])
			}
		}
		if inside {
			if err := next(row); err != nil {
				return fmt.Errorf("row %d: %w", y, err)
			}
			for x, v := range row {
				copy(dst[3*(h.x+x):][:3], table[v][:])
			}
		}
		t.Done(y)
	}
	return nil
}

// blocks reads a chain of data blocks; the LZW reader asks for single bytes.
type blocks struct{ now, rest []byte }

var errBlocks = errors.New("data blocks end early")

func (b *blocks) ReadByte() (byte, error) {
	for len(b.now) == 0 {
		if len(b.rest) == 0 {
			return 0, errBlocks
		}
		n := int(b.rest[0])
		if n == 0 {
			return 0, io.EOF
		}
		b.now = b.rest[1:min(n+1, len(b.rest))]
		b.rest = b.rest[min(n+1, len(b.rest)):]
	}
	v := b.now[0]
	b.now = b.now[1:]
	return v, nil
}

func (b *blocks) Read(p []byte) (int, error) {
	for i := range p {
		v, err := b.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = v
	}
	return len(p), nil
}
