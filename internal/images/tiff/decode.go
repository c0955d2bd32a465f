package tiff

import (
	"encoding/binary"
	"fmt"
	"io"

	"csl/internal/images"
)

// Decode decodes a file's first image into t, as it is stored: turning it upright is up to the caller. After an error,
// what rows t has is undefined.
func Decode(data []byte, t images.Target) error {
	h, err := ReadHeader(data)
	if err != nil {
		return err
	}
	d := decoder{h: &h}
	if d.segments, err = openSegments(&h); err != nil {
		return err
	}
	if h.compression == jpegCoded {
		h.samples, h.photometric = 3, trueColor // as package jpeg gives them
	}
	convert, err := h.converter()
	if err != nil {
		return err
	}
	n := h.planes() * h.across
	d.readers = make([]io.Reader, n)
	d.rows = make([]byte, int64(n)*h.rowBytes())
	line := make([]byte, h.Width*h.samples)
	for y := range h.Height {
		if y%h.cellH == 0 {
			err = d.open(y / h.cellH)
		}
		if err == nil {
			err = d.read()
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", y, err)
		}
		d.gather(line)
		convert(t.Row(y)[:3*h.Width], line)
		t.Done(y)
	}
	return nil
}

// decoder decodes one file.
type decoder struct {
	h        *Header
	segments segments
	readers  []io.Reader // of the tiles or strips across the image, plane by plane
	rows     []byte      // a row of each
}

// open opens row i of tiles or strips.
func (d *decoder) open(i int) error {
	h := d.h
	rows := h.cellH
	if !h.tiled {
		rows = min(rows, h.Height-i*h.cellH)
	}
	for p := range h.planes() {
		for x := range h.across {
			r, err := d.segments.open((p*h.down+i)*h.across+x, rows)
			if err != nil {
				return err
			}
			d.readers[p*h.across+x] = r
		}
	}
	return nil
}

// read decompresses the next row of each tile or strip.
func (d *decoder) read() error {
	n := int(d.h.rowBytes())
	for i, r := range d.readers {
		row := d.rows[i*n : (i+1)*n]
		if _, err := io.ReadFull(r, row); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("not enough pixel data: %w", err)
		}
		if d.h.predictor && d.h.compression != uncompressed {
			d.unpredict(row)
		}
	}
	return nil
}

// unpredict adds to each sample that of the pixel to its left.
func (d *decoder) unpredict(row []byte) {
	step := d.h.samples
	if d.h.planar {
		step = 1
	}
	if d.h.bits == 8 {
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
		return
	}
	o := d.h.dir.order
	for i := 2 * step; i+1 < len(row); i += 2 {
		o.PutUint16(row[i:], o.Uint16(row[i:])+o.Uint16(row[i-2*step:]))
	}
}

// gather makes line the samples of a row, 8 bits of each (of fewer, as they are), pixel by pixel.
func (d *decoder) gather(line []byte) {
	h := d.h
	n := int(h.rowBytes())
	each, step := h.samples, 1 // samples of a pixel in one tile or strip, and their distance in line
	if h.planar {
		each, step = 1, h.samples
	}
	for p := range h.planes() {
		for x := range h.across {
			row := d.rows[(p*h.across+x)*n:][:n]
			first := x * h.cellW
			count := min(h.cellW, h.Width-first) * each
			h.unpack(line[first*h.samples+p:], row, count, step)
		}
	}
}

// unpack takes count samples from row to every step-th byte of dst.
func (h *Header) unpack(dst, row []byte, count, step int) {
	switch h.bits {
	case 8:
		if step == 1 {
			copy(dst[:count], row)
			return
		}
		for i, v := range row[:count] {
			dst[i*step] = v
		}
	case 16:
		high := 0
		if h.dir.order == binary.ByteOrder(binary.LittleEndian) {
			high = 1
		}
		for i := range count {
			dst[i*step] = row[2*i+high]
		}
	default:
		mask := byte(1<<h.bits - 1)
		for i := range count {
			bit := i * h.bits
			dst[i*step] = row[bit/8] >> (8 - h.bits - bit%8) & mask
		}
	}
}
