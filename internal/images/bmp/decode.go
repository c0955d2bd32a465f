package bmp

import (
	"encoding/binary"
	"io"
	"math/bits"

	"csl/internal/images"
)

// Decode decodes a file into t. After an error, what rows t has is undefined.
func Decode(data []byte, t images.Target) error {
	h, err := ReadHeader(data)
	if err != nil {
		return err
	}
	if h.offset > int64(len(data)) {
		return io.ErrUnexpectedEOF
	}
	rows := source{data: data[h.offset:], stride: h.rowBytes(), least: (int64(h.Width)*int64(h.depth) + 7) / 8}
	if h.compressed() {
		if rows.data, err = unpack(&h, rows.data); err != nil {
			return err
		}
		rows.stride, rows.least, h.depth = int64(h.Width), int64(h.Width), 8
	} else if h.Least() > int64(len(rows.data)) {
		return io.ErrUnexpectedEOF
	}
	convert := h.converter()
	for y := range h.Height {
		at := y
		if !h.down {
			at = h.Height - 1 - y
		}
		convert(t.Row(y)[:3*h.Width], rows.row(at))
		t.Done(y)
	}
	return nil
}

// source is where uncompressed rows lie.
type source struct {
	data          []byte
	stride, least int64
}

func (s source) row(y int) []byte { return s.data[int64(y)*s.stride:][:s.least] }

// converter returns the function that turns a row into RGB; dst has 3 bytes per pixel.
func (h *Header) converter() func(dst, src []byte) {
	switch h.depth {
	case 16:
		return h.fields(2, func(b []byte) uint32 { return uint32(binary.LittleEndian.Uint16(b)) })
	case 24:
		return func(dst, src []byte) {
			for len(dst) >= 3 {
				dst[0], dst[1], dst[2] = src[2], src[1], src[0]
				dst, src = dst[3:], src[3:]
			}
		}
	case 32:
		return h.fields(4, binary.LittleEndian.Uint32)
	}
	return h.lookUp()
}

// fields returns the function for pixels of size bytes, each a number with a field for each color.
func (h *Header) fields(size int, number func([]byte) uint32) func(dst, src []byte) {
	var shift [3]int
	var most [3]uint64
	for i, m := range h.masks {
		shift[i] = bits.TrailingZeros32(m) & 31
		most[i] = max(uint64(m>>shift[i]), 1)
	}
	return func(dst, src []byte) {
		for len(dst) >= 3 {
			v := number(src)
			for i, m := range h.masks {
				dst[i] = uint8(uint64(v&m>>shift[i]) * 255 / most[i])
			}
			dst, src = dst[3:], src[size:]
		}
	}
}

// lookUp returns the function for pixels that are indices. Those beyond the palette are grey, as in Pillow.
func (h *Header) lookUp() func(dst, src []byte) {
	var table [256][3]byte
	for i := range table {
		table[i] = [3]byte{byte(i), byte(i), byte(i)}
	}
	for i := range len(h.colors) / h.colorBytes {
		c := h.colors[i*h.colorBytes:]
		table[i] = [3]byte{c[2], c[1], c[0]}
	}
	depth, mask := uint(h.depth), byte(1<<h.depth-1)
	return func(dst, src []byte) {
		for x := range len(dst) / 3 {
			bit := uint(x) * depth
			v := src[bit/8] >> (8 - depth - bit%8) & mask
			copy(dst[3*x:3*x+3], table[v][:])
		}
	}
}

// unpack decodes runs to a byte per pixel. Pixels that no run covers are 0; data that ends before its end mark with
// pixels missing is an error.
func unpack(h *Header, src []byte) ([]byte, error) {
	u := unpacker{pix: make([]byte, h.Width*h.Height), w: h.Width, h: h.Height, four: h.compression == rle4}
	for len(src) >= 2 {
		n, v := int(src[0]), src[1]
		src = src[2:]
		switch {
		case n > 0:
			for i := range n {
				u.put(u.half(v, i))
			}
		case v == 0:
			u.x, u.y = 0, u.y+1
		case v == 1:
			return u.pix, nil
		case v == 2:
			if len(src) < 2 {
				return nil, io.ErrUnexpectedEOF
			}
			u.x, u.y = u.x+int(src[0]), u.y+int(src[1])
			src = src[2:]
		default:
			rest, ok := u.literal(src, int(v))
			if !ok {
				return nil, io.ErrUnexpectedEOF
			}
			src = rest
		}
		if u.y >= u.h {
			return u.pix, nil
		}
	}
	if u.y == u.h-1 && u.x >= u.w {
		return u.pix, nil
	}
	return nil, io.ErrUnexpectedEOF
}

// unpacker is where the next pixel goes.
type unpacker struct {
	pix        []byte
	x, y, w, h int
	four       bool // 4 bits per pixel
}

// put stores a pixel; those beyond a row's end are dropped.
func (u *unpacker) put(v byte) {
	if u.x < u.w && u.y < u.h {
		u.pix[u.y*u.w+u.x] = v
	}
	u.x++
}

// half is pixel i of those that byte v stands for.
func (u *unpacker) half(v byte, i int) byte {
	switch {
	case !u.four:
		return v
	case i&1 == 0:
		return v >> 4
	}
	return v & 15
}

// literal stores n pixels that follow as they are, padded to 2 bytes.
func (u *unpacker) literal(src []byte, n int) (rest []byte, ok bool) {
	size := n
	if u.four {
		size = (n + 1) / 2
	}
	if len(src) < size {
		return nil, false
	}
	for i := range n {
		at := i
		if u.four {
			at = i / 2
		}
		u.put(u.half(src[at], i))
	}
	return src[min(size+size&1, len(src)):], true
}
