package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"

	"csl/internal/images"
)

// ColorSpace is what the components of a file mean.
type ColorSpace int

// The color spaces that are decoded.
const (
	Gray ColorSpace = iota
	YCbCr
	RGB
	CMYK
	YCCK
)

// Header is what a frame's header tells.
type Header struct {
	Width, Height int        // pixels
	Components    int        // channels
	Space         ColorSpace // color space of the components
	Progressive   bool       // coefficients come in several scans

	several    bool // scans: one component or some at a time
	comps      [4]component
	hmax, vmax int // largest sampling factors
}

// component is one plane of a frame.
type component struct {
	id     byte
	tq     byte // quantization table
	h, v   int  // sampling factors
	rx, ry int  // pixels for each sample, across and down
	w, ht  int  // samples of the plane, without padding
	bw, bh int  // blocks that cover them
	mw, mh int  // blocks that cover whole MCUs
}

// ReadHeader reads a file up to its frame header. A prefix of the file will do where it holds that.
func ReadHeader(data []byte) (Header, error) {
	if len(data) < 2 || data[0] != 0xff || data[1] != mSOI {
		return Header{}, errors.New("no start marker")
	}
	c := cursor{data: data, pos: 2}
	var s spaceHint
	for {
		m, err := c.marker()
		switch {
		case err != nil:
			return Header{}, err
		case m == mSOI, m == mEOI, m == mSOS:
			return Header{}, fmt.Errorf("marker %#x before the frame header", m)
		case standalone(m):
			continue
		}
		p, err := c.segment(m)
		if err != nil {
			return Header{}, err
		}
		s.read(m, p)
		if isFrame(m) {
			h, err := parseFrame(m, p)
			if err == nil {
				h.Space = s.space(&h)
				h.several = c.several(h.Components)
			}
			return h, err
		}
	}
}

// several reports whether the first scan, if it is there, has fewer than n components.
func (c *cursor) several(n int) bool {
	for {
		m, err := c.marker()
		switch {
		case err != nil, m == mEOI:
			return false
		case standalone(m):
			continue
		}
		p, err := c.segment(m)
		switch {
		case err != nil:
			return false
		case m == mSOS:
			return len(p) > 0 && int(p[0]) < n
		}
	}
}

// parseFrame reads the parameters of frame marker m (T.81 B.2.2).
func parseFrame(m byte, p []byte) (Header, error) {
	switch m {
	case mSOF0, mSOF1, mSOF2:
	case 0xc9, 0xca:
		return Header{}, images.Unsupported("JPEG with arithmetic coding")
	case 0xc3, 0xcb:
		return Header{}, images.Unsupported("JPEG with lossless coding")
	default:
		return Header{}, images.Unsupported("JPEG with hierarchical coding")
	}
	if len(p) < 6 || len(p) < 6+3*int(p[5]) {
		return Header{}, fmt.Errorf("frame header of %d bytes", len(p))
	}
	if p[0] != 8 {
		return Header{}, images.Unsupported("JPEG with %d bits per sample", p[0])
	}
	h := Header{
		Height: int(binary.BigEndian.Uint16(p[1:])), Width: int(binary.BigEndian.Uint16(p[3:])),
		Components: int(p[5]), Progressive: m == mSOF2,
	}
	if h.Width == 0 || h.Height == 0 {
		return Header{}, fmt.Errorf("size %dx%d", h.Width, h.Height)
	}
	if h.Components != 1 && h.Components != 3 && h.Components != 4 {
		return Header{}, images.Unsupported("JPEG with %d components", h.Components)
	}
	for i := range h.comps[:h.Components] {
		q := p[6+3*i:]
		c := component{id: q[0], h: int(q[1] >> 4), v: int(q[1] & 15), tq: q[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return Header{}, fmt.Errorf("component %d: sampling %dx%d, quantization table %d", c.id, c.h, c.v, c.tq)
		}
		for _, o := range h.comps[:i] {
			if o.id == c.id {
				return Header{}, fmt.Errorf("component %d appears twice", c.id)
			}
		}
		h.comps[i] = c
		h.hmax, h.vmax = max(h.hmax, c.h), max(h.vmax, c.v)
	}
	return h, h.layOut()
}

// layOut computes the sizes of the planes.
func (h *Header) layOut() error {
	mx, my := h.mcus()
	for i := range h.comps[:h.Components] {
		c := &h.comps[i]
		if h.hmax%c.h != 0 || h.vmax%c.v != 0 {
			return images.Unsupported("JPEG whose component %d has sampling factors %dx%d beside %dx%d", c.id, c.h, c.v, h.hmax, h.vmax)
		}
		c.rx, c.ry = h.hmax/c.h, h.vmax/c.v
		c.w, c.ht = ceilDiv(h.Width, c.rx), ceilDiv(h.Height, c.ry)
		c.bw, c.bh = ceilDiv(c.w, 8), ceilDiv(c.ht, 8)
		c.mw, c.mh = mx*c.h, my*c.v
	}
	return nil
}

// mcus is the number of MCUs across and down where scans are interleaved.
func (h *Header) mcus() (x, y int) {
	return ceilDiv(h.Width, 8*h.hmax), ceilDiv(h.Height, 8*h.vmax)
}

// Blocks is the number of blocks of 8x8 samples.
func (h *Header) Blocks() (n int64) {
	for _, c := range h.comps[:h.Components] {
		n += int64(c.mw) * int64(c.mh)
	}
	return n
}

// Memory is how many bytes decoding takes beside the target: a few rows of blocks, and for files of several scans
// (always assumed of progressive ones) all coefficients.
func (h *Header) Memory() int64 {
	var n int64
	for _, c := range h.comps[:h.Components] {
		n += int64(c.mw) * 8 * int64(8*c.v+carried)
	}
	if h.Progressive || h.several {
		n += 136 * h.Blocks() // 64 coefficients, and which are not 0
	}
	return n
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
