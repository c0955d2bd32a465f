package png

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"csl/internal/images"
)

// Decode decodes a file into t. After an error, what rows t has is undefined.
func Decode(data []byte, t images.Target) error {
	h, rest, err := readHeader(data)
	if err != nil {
		return err
	}
	if rest == nil {
		return fmt.Errorf("no pixels: %w", io.ErrUnexpectedEOF)
	}
	if h.kind == palette && h.colors == nil {
		return errors.New("no palette")
	}
	z, err := zlib.NewReader(bufio.NewReaderSize(&pixels{rest: rest}, 1<<12))
	if err != nil {
		return err
	}
	d := decoder{h: &h, z: z, expand: h.expander()}
	if h.interlaced {
		err = d.interlaced(t)
	} else {
		err = d.progressive(t)
	}
	if err != nil {
		return fmt.Errorf("row %d: %w", d.row, err)
	}
	return d.end()
}

// pixels reads the bodies of the chunks with pixels.
type pixels struct{ body, rest []byte }

func (p *pixels) Read(b []byte) (int, error) {
	for len(p.body) == 0 {
		var c chunk
		var err error
		before := p.rest
		if c, p.rest, err = next(p.rest); err != nil {
			if before = cut(before); len(before) <= 8 {
				return 0, io.EOF
			}
			p.body = before[8:]
			break
		}
		switch c.kind {
		case "IEND":
			p.rest = nil
			return 0, io.EOF
		case "IDAT":
			p.body = c.body
		}
	}
	n := copy(b, p.body)
	p.body = p.body[n:]
	return n, nil
}

// cut is data if it begins with a chunk with pixels, be it cut short.
func cut(data []byte) []byte {
	if len(data) > 8 && string(data[4:8]) == "IDAT" {
		return data
	}
	return nil
}

// decoder decodes one file.
type decoder struct {
	h         *Header
	z         io.Reader
	expand    func(dst, src []byte)
	row       int
	now, last []byte // rows with a filter byte in front
}

// begin prepares for rows of w pixels.
func (d *decoder) begin(w int) {
	n := int(d.h.rowBytes(w)) + 1
	d.now, d.last = images.Grow(d.now, n), images.Grow(d.last, n)
	clear(d.last)
}

// read inflates and unfilters the next row, which is valid until the one after it is read.
func (d *decoder) read() ([]byte, error) {
	if _, err := io.ReadFull(d.z, d.now); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("not enough pixel data: %w", err)
	}
	step := max(d.h.channels()*int(d.h.depth)/8, 1)
	if err := unfilter(d.now[0], d.now[1:], d.last[1:], step); err != nil {
		return nil, err
	}
	d.now, d.last = d.last, d.now
	return d.last[1:], nil
}

// progressive decodes rows in order.
func (d *decoder) progressive(t images.Target) error {
	d.begin(d.h.Width)
	for ; d.row < d.h.Height; d.row++ {
		src, err := d.read()
		if err != nil {
			return err
		}
		d.expand(t.Row(d.row)[:3*d.h.Width], src)
		t.Done(d.row)
	}
	return nil
}

// passes are Adam7's: first column and row, and steps.
var passes = [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}

// interlaced decodes the seven passes and then hands on the rows.
func (d *decoder) interlaced(t images.Target) error {
	m := images.NewRGB(d.h.Width, d.h.Height)
	line := make([]byte, 3*d.h.Width)
	for _, p := range passes {
		w := (d.h.Width - p[0] + p[2] - 1) / p[2]
		if w < 1 {
			continue
		}
		d.begin(w)
		for d.row = p[1]; d.row < m.H; d.row += p[3] {
			src, err := d.read()
			if err != nil {
				return err
			}
			d.expand(line[:3*w], src)
			dst := m.Row(d.row)
			for x := range w {
				copy(dst[3*(p[0]+x*p[2]):], line[3*x:3*x+3])
			}
		}
	}
	for y := range m.H {
		copy(t.Row(y), m.Row(y))
		t.Done(y)
	}
	return nil
}

// end compares the pixels' checksum where little follows them. Whatever else follows is not looked at.
func (d *decoder) end() error {
	const most = 1 << 16
	if _, err := io.CopyN(io.Discard, d.z, most); errors.Is(err, zlib.ErrChecksum) {
		return err
	}
	return nil
}
