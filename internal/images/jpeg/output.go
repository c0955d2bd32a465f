package jpeg

import "csl/internal/images"

// carried is how many rows of a plane stay above a new strip: what interpolation looks back at.
const carried = 2

// output turns strips of planes into rows of the image.
type output struct {
	up    [4]upsampler
	next  int  // first row not shown
	whole bool // all rows were shown
}

// begin prepares strips and upsamplers.
func (d *Decoder) begin() {
	d.out.next = 0
	for i := range d.hdr.Components {
		q := &d.planes[i]
		q.stride = 8 * q.mw
		q.strip = images.Grow(q.strip, q.stride*(8*q.v+carried)+simdSlack)
		d.out.up[i].plan(q.component)
	}
}

// showScan decodes the only scan of a sequential file and shows each row of MCUs.
func (d *Decoder) showScan(s *scanHeader, t images.Target) error {
	d.begin()
	var block [64]int16
	decode := func(b *bits, x, y int) error {
		for i, q := range s.planes {
			for j := range s.blocksPerPlane[i] {
				bx, by := x, y%q.v
				if s.interleaved {
					bx, by = x*q.h+j%q.h, j/q.h
				}
				last := 0
				if b != nil {
					var err error
					if last, err = b.block(&block, q.dc, q.ac, &q.quant, &q.pred); err != nil {
						return err
					}
				}
				dst := q.strip[(carried+8*by)*q.stride+8*bx:]
				if last == 0 {
					flat(dst, q.stride, block[0])
					block[0] = 0
					continue
				}
				d.k.idct(dst, q.stride, &block)
				block = [64]int16{}
			}
		}
		return nil
	}
	// A scan of one component has MCUs of one block, whatever the sampling factors say.
	perStrip := 1
	if !s.interleaved {
		perStrip = s.planes[0].v
	}
	return d.walk(s, decode, func(y int) error {
		if (y+1)%perStrip == 0 || y+1 == s.mcusY {
			d.show(y/perStrip, t)
		}
		return nil
	})
}

// show hands on the rows that strip m, just decoded, completes.
func (d *Decoder) show(m int, t images.Target) {
	h := &d.hdr
	end := min(8*h.vmax*(m+1), h.Height)
	lag := false
	for i := range h.Components {
		lag = lag || d.planes[i].context()
	}
	if lag && end < h.Height {
		end -= carried
	}
	for y := d.out.next; y < end; y++ {
		d.showRow(m, y, t)
	}
	d.out.next = end
	for i := range h.Components {
		q := &d.planes[i]
		n := q.stride * 8 * q.v
		copy(q.strip[:carried*q.stride], q.strip[n:n+carried*q.stride])
	}
	if end == h.Height {
		d.out.whole = true
	}
}

// showRow makes row y of the image while the strips hold row m of MCUs.
func (d *Decoder) showRow(m, y int, t images.Target) {
	var rows [4][]byte
	n := d.hdr.Components
	for i := range n {
		q := &d.planes[i]
		near := q.row(m, y/q.ry)
		far := near
		if q.context() {
			far = q.row(m, y/2-1+2*(y&1))
		}
		rows[i] = d.out.up[i].expand(d.k, q.component, near, far, y)
	}
	w := d.hdr.Width
	dst := t.Row(y)[: 3*w : 3*w]
	switch space := d.hdr.Space; space {
	case Gray:
		spread(dst, rows[0][:w])
	case RGB:
		interleave(dst, rows[0][:w], rows[1][:w], rows[2][:w])
	case CMYK:
		mix(dst, rows)
	case YCCK:
		mixYCCK(d.k, dst, rows)
	default:
		d.k.color(dst, rows[0][:w], rows[1][:w], rows[2][:w])
	}
	t.Done(y)
}

// row is row r of the plane, the nearest there is, while the strip holds row m of MCUs.
func (q *plane) row(m, r int) []byte {
	r = min(max(r, 0), q.ht-1)
	at := (carried + r - 8*q.v*m) * q.stride
	return q.strip[at : at+q.stride]
}
