package tiff

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"math/bits"

	"csl/internal/images"
	"csl/internal/images/jpeg"

	"golang.org/x/image/tiff/lzw"
)

// segments opens tiles or strips.
type segments struct {
	h              *Header
	offsets, sizes []uint32
	tables         []byte // JPEG tables that the segments share
	components     int    // of JPEG coded data
	jpeg           *jpeg.Decoder
	fax            fax // with tables only
}

// openSegments finds where tiles or strips lie.
func openSegments(h *Header) (s segments, err error) {
	s.h, s.components = h, h.samples
	if s.offsets, err = h.dir.list(h.offsetTag); err != nil {
		return s, err
	}
	if s.sizes, err = h.dir.list(h.sizeTag); err != nil {
		return s, err
	}
	if n := int64(h.across) * int64(h.down) * int64(h.planes()); int64(len(s.offsets)) < n {
		return s, fmt.Errorf("%d tiles or strips, want %d", len(s.offsets), n)
	}
	switch h.compression {
	case runLengths, group3, group4:
		s.fax = fax{white: newCodes(whiteShort, whiteLong), black: newCodes(blackShort, blackLong)}
	case jpegCoded:
		s.jpeg = jpeg.NewDecoder(false)
		s.tables, _, err = h.dir.bytes(tagJPEGTables)
	}
	return s, err
}

// open returns a reader of the decompressed rows, rows of them, of tile or strip i.
func (s *segments) open(i, rows int) (io.Reader, error) {
	data := s.h.dir.data
	at := min(int(s.offsets[i]), len(data))
	data = data[at:]
	if i < len(s.sizes) && s.sizes[i] > 0 {
		data = data[:min(int(s.sizes[i]), len(data))]
	}
	if s.h.compression == jpegCoded {
		return s.openJPEG(data, rows)
	}
	var r io.Reader = bytes.NewReader(data)
	if s.h.reversed {
		r = reverser{r}
	}
	switch s.h.compression {
	case runLengths, group3, group4:
		return s.fax.open(bufio.NewReaderSize(r, 4<<10), s.h), nil
	case lzwCoded:
		if len(data) > 1 && data[0] == 0 && data[1]&1 == 1 {
			return nil, unsupported("old-style LZW")
		}
		return lzw.NewReader(r, lzw.MSB, 8), nil
	case adobeDeflate, oldDeflate:
		return zlib.NewReader(r)
	case packBits:
		return &unpacker{r: bufio.NewReaderSize(r, 4<<10)}, nil
	}
	return r, nil
}

// openJPEG decodes a JPEG coded tile or strip, which is a file without the tables that all share, and reads its RGB.
func (s *segments) openJPEG(data []byte, rows int) (io.Reader, error) {
	transform := byte(0)
	if s.h.photometric == luma {
		transform = 1
	}
	file := append([]byte("\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"), transform)
	if t, ok := bytes.CutPrefix(s.tables, []byte("\xff\xd8")); ok {
		file = append(file, bytes.TrimSuffix(t, []byte("\xff\xd9"))...)
	}
	data, ok := bytes.CutPrefix(data, []byte("\xff\xd8"))
	if !ok {
		return nil, fmt.Errorf("JPEG coded data starts with %q", data[:min(len(data), 4)])
	}
	file = append(file, data...)
	head, err := jpeg.ReadHeader(file)
	if err != nil {
		return nil, err
	}
	if head.Width != s.h.cellW || head.Height < rows || head.Height > s.h.cellH || head.Components != s.components {
		return nil, fmt.Errorf("JPEG coded data of %dx%d pixels of %d samples where %dx%d of %d are wanted",
			head.Width, head.Height, head.Components, s.h.cellW, rows, s.components)
	}
	m := whole{images.NewRGB(head.Width, head.Height)}
	if err := s.jpeg.Decode(file, m); err != nil {
		return nil, err
	}
	return bytes.NewReader(m.Pix), nil
}

// whole takes rows into an image.
type whole struct{ *images.RGB }

func (w whole) Done(int) {}

// reverser turns the bits of bytes around.
type reverser struct{ r io.Reader }

func (v reverser) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	for i := range p[:n] {
		p[i] = bits.Reverse8(p[i])
	}
	return n, err
}

// unpacker undoes PackBits.
type unpacker struct {
	r    *bufio.Reader
	n    int  // bytes left of the current run
	same bool // the run repeats v
	v    byte
}

func (u *unpacker) Read(p []byte) (int, error) {
	for i := range p {
		for u.n == 0 {
			if err := u.next(); err != nil {
				return i, err
			}
		}
		u.n--
		if !u.same {
			var err error
			if u.v, err = u.r.ReadByte(); err != nil {
				return i, err
			}
		}
		p[i] = u.v
	}
	return len(p), nil
}

// next begins a run.
func (u *unpacker) next() error {
	c, err := u.r.ReadByte()
	switch n := int8(c); {
	case err != nil:
		return err
	case n >= 0:
		u.n, u.same = int(n)+1, false
	case n != -128:
		u.n, u.same = 1-int(n), true
		u.v, err = u.r.ReadByte()
	}
	return err
}
