package jpeg

import "csl/internal/images"

// allocate makes room for the coefficients of files of several scans.
func (d *Decoder) allocate() {
	for i := range d.hdr.Components {
		q := &d.planes[i]
		q.coefs, q.nonzero = images.Grow(q.coefs, 64*q.mw*q.mh), images.Grow(q.nonzero, q.mw*q.mh)
		clear(q.coefs)
		clear(q.nonzero)
	}
}

// block is the coefficients of block i.
func (q *plane) block(i int) *[64]int16 { return (*[64]int16)(q.coefs[64*i:]) }

// each calls f for the blocks of the MCU in column x of row y, with their numbers.
func (s *scanHeader) each(x, y int, f func(q *plane, i int) error) error {
	if !s.interleaved {
		q := s.planes[0]
		return f(q, y*q.mw+x)
	}
	for i, q := range s.planes {
		for j := range s.blocksPerPlane[i] {
			if err := f(q, (y*q.v+j/q.h)*q.mw+x*q.h+j%q.h); err != nil {
				return err
			}
		}
	}
	return nil
}

// store decodes one of several scans of a sequential file.
func (d *Decoder) store(s *scanHeader) error {
	var ones [64]uint16
	for i := range ones {
		ones[i] = 1
	}
	return d.walk(s, func(b *bits, x, y int) error {
		if b == nil {
			return nil
		}
		return s.each(x, y, func(q *plane, i int) error {
			block := q.block(i)
			clear(block[:])
			last, err := b.block(block, q.dc, q.ac, &ones, &q.pred)
			q.nonzero[i] = uint64(last) // no more than whether there is one is asked of sequential files
			return err
		})
	}, func(int) error { return nil })
}

// showCoefs shows the image once all scans are there.
func (d *Decoder) showCoefs(t images.Target) error {
	d.begin()
	_, rows := d.hdr.mcus()
	var block [64]int16
	for m := range rows {
		for i := range d.hdr.Components {
			q := &d.planes[i]
			for by := range q.v {
				for bx := range q.mw {
					dst := q.strip[(carried+8*by)*q.stride+8*bx:]
					at := (m*q.v+by)*q.mw + bx
					c := q.block(at)
					if q.nonzero[at] == 0 {
						flat(dst, q.stride, c[0]*int16(q.quant[0]))
						continue
					}
					d.k.dequantize(&block, c, &q.quant)
					d.k.idct(dst, q.stride, &block)
				}
			}
		}
		d.show(m, t)
	}
	return nil
}

// dequantizePortable multiplies coefficients by their quantizers, wrapping at 16 bits.
func dequantizePortable(dst, src *[64]int16, q *[64]uint16) {
	for i, v := range src {
		dst[i] = v * int16(q[i])
	}
}
