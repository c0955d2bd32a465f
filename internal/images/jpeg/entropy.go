package jpeg

import "bytes"

// slack is how many zero bytes follow the entropy-coded data: more than a block can take.
const slack = 1024

// entropy is the entropy-coded data of a scan without byte stuffing, cut at its restart markers.
type entropy struct {
	buf    []byte // the chunks one after the other, then slack zeros
	chunks []chunk
}

// chunk is a run of entropy-coded data, and the marker that ends it.
type chunk struct {
	start, end int // in entropy.buf
	marker     byte
}

// read takes in the scan's data at c and leaves c at the marker behind it, which is not a restart marker.
func (e *entropy) read(c *cursor) {
	e.buf, e.chunks = e.buf[:0], e.chunks[:0]
	start := 0
	for {
		rest := c.data[c.pos:]
		n := bytes.IndexByte(rest, 0xff)
		if n < 0 || n+1 >= len(rest) { // the file ends
			if n < 0 {
				n = len(rest)
			}
			e.buf = append(e.buf, rest[:n]...)
			c.pos = len(c.data)
			e.end(start, 0)
			return
		}
		switch m := rest[n+1]; {
		case m == 0:
			e.buf = append(e.buf, rest[:n+1]...)
			c.pos += n + 2
		case m == 0xff: // a fill byte
			e.buf = append(e.buf, rest[:n]...)
			c.pos += n + 1
		case m >= mRST0 && m <= mRST7:
			e.buf = append(e.buf, rest[:n]...)
			e.chunks = append(e.chunks, chunk{start, len(e.buf), m})
			start = len(e.buf)
			c.pos += n + 2
		default:
			e.buf = append(e.buf, rest[:n]...)
			c.pos += n
			e.end(start, m)
			return
		}
	}
}

// end closes the last chunk.
func (e *entropy) end(start int, marker byte) {
	e.chunks = append(e.chunks, chunk{start, len(e.buf), marker})
	e.buf = append(e.buf, make([]byte, slack)...)
}

// bits reads the bits of a chunk, the first one highest.
type bits struct {
	buf []byte
	pos int    // of the next byte to take into acc
	acc uint64 // the next n bits on top, zeros or later bits of buf below
	n   uint
	end int // of the chunk

	eobRun int // of progressive scans: blocks without further new coefficients in the band, from the next one
}

// refill makes sure that acc has at least 56 bits. Behind the data there are zeros for the bits of at least one
// block.
func (b *bits) refill() {
	if b.pos+8 > len(b.buf) {
		b.n |= 56 // zeros; over tells
		b.pos = len(b.buf)
		return
	}
	p := b.buf[b.pos : b.pos+8 : b.pos+8]
	v := uint64(p[7]) | uint64(p[6])<<8 | uint64(p[5])<<16 | uint64(p[4])<<24 |
		uint64(p[3])<<32 | uint64(p[2])<<40 | uint64(p[1])<<48 | uint64(p[0])<<56
	b.acc |= v >> b.n
	b.pos += int((63 - b.n) >> 3)
	b.n |= 56
}

// take returns the next k bits; acc must have them.
func (b *bits) take(k uint) uint32 {
	v := uint32(b.acc >> (64 - k)) // 0 for k = 0, as Go shifts
	b.acc <<= k
	b.n -= k
	return v
}

// over reports whether more bits were taken than the chunk has.
func (b *bits) over() bool { return b.pos-int(b.n>>3) > b.end }
