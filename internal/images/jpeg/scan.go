package jpeg

import (
	"errors"
	"fmt"

	"csl/internal/images"
)

// scanHeader is what a scan's header says (T.81 B.2.3).
type scanHeader struct {
	planes         []*plane
	first, last    int // of the spectral band
	high, low      int // of successive approximation
	mcusX, mcusY   int
	interleaved    bool
	blocksPerPlane [4]int // in an MCU
}

// scan decodes the scan whose header p was read last.
func (d *Decoder) scan(c *cursor, p []byte, number int, t images.Target) error {
	s, err := d.parseScan(p)
	if err != nil {
		return err
	}
	if d.out.whole {
		return errors.New("a scan behind the only one")
	}
	for _, q := range s.planes {
		if q.scans == 0 {
			q.quant = d.quant[q.tq]
		}
		q.scans++
	}
	d.data.read(c)
	d.hdr.Space = d.hint.space(&d.hdr)
	if number == 1 && !d.hdr.Progressive && len(s.planes) == d.hdr.Components {
		return d.showScan(s, t)
	}
	if number == 1 {
		d.allocate()
	}
	if d.hdr.Progressive {
		return d.progressive(s)
	}
	return d.store(s)
}

// parseScan reads a scan's header.
func (d *Decoder) parseScan(p []byte) (*scanHeader, error) {
	if !d.started {
		return nil, errors.New("a scan before the frame header")
	}
	if len(p) < 1 || int(p[0]) < 1 || int(p[0]) > d.hdr.Components || len(p) != 4+2*int(p[0]) {
		return nil, fmt.Errorf("scan header of %d bytes", len(p))
	}
	s := &scanHeader{interleaved: p[0] > 1}
	for i := range int(p[0]) {
		q, err := d.planeOf(p[1+2*i])
		if err != nil {
			return nil, err
		}
		for _, o := range s.planes {
			if o == q {
				return nil, fmt.Errorf("component %d twice in a scan", q.id)
			}
		}
		dc, ac := p[2+2*i]>>4, p[2+2*i]&15
		if dc > 3 || ac > 3 {
			return nil, fmt.Errorf("component %d: Huffman tables %d and %d", q.id, dc, ac)
		}
		q.dc, q.ac = &d.dc[dc], &d.ac[ac]
		s.planes = append(s.planes, q)
	}
	band := p[len(p)-3:]
	s.first, s.last, s.high, s.low = int(band[0]), int(band[1]), int(band[2]>>4), int(band[2]&15)
	return s, d.layOutScan(s)
}

// planeOf finds the component id.
func (d *Decoder) planeOf(id byte) (*plane, error) {
	for i := range d.hdr.Components {
		if d.planes[i].id == id {
			return &d.planes[i], nil
		}
	}
	return nil, fmt.Errorf("a scan of component %d, which the frame does not have", id)
}

// layOutScan says how many MCUs the scan has, checks its band, and that its tables are there.
func (d *Decoder) layOutScan(s *scanHeader) error {
	s.mcusX, s.mcusY = d.hdr.mcus()
	if !s.interleaved {
		s.mcusX, s.mcusY = s.planes[0].bw, s.planes[0].bh
	}
	blocks := 0
	for i, q := range s.planes {
		s.blocksPerPlane[i] = 1
		if s.interleaved {
			s.blocksPerPlane[i] = q.h * q.v
		}
		blocks += s.blocksPerPlane[i]
	}
	if blocks > 10 {
		return fmt.Errorf("%d blocks in an MCU", blocks)
	}
	if d.hdr.Progressive {
		if s.last > 63 || s.first > s.last || s.first == 0 && s.last != 0 || s.first > 0 && s.interleaved ||
			s.high > 0 && s.high != s.low+1 || s.low > 13 {
			return fmt.Errorf("scan of coefficients %d to %d, bits %d to %d", s.first, s.last, s.high, s.low)
		}
	}
	for _, q := range s.planes {
		dc := !d.hdr.Progressive || s.first == 0 && s.high == 0
		ac := !d.hdr.Progressive || s.first > 0
		if dc && !q.dc.defined || ac && !q.ac.defined {
			return fmt.Errorf("component %d: its Huffman table is not defined", q.id)
		}
	}
	return nil
}

// walk calls mcu for each MCU of the scan in order, with a reader at its data. After a restart marker that was lost,
// the MCUs up to the next one are not decoded: mcu is called with a nil reader.
func (d *Decoder) walk(s *scanHeader, mcu func(b *bits, x, y int) error, row func(y int) error) error {
	r := restarts{data: &d.data, interval: d.restart}
	r.begin(s)
	for y := range s.mcusY {
		for x := range s.mcusX {
			if r.interval > 0 && r.left == 0 {
				if err := r.next(s); err != nil {
					return err
				}
			}
			r.left--
			b := r.reader()
			if err := mcu(b, x, y); err != nil {
				return fmt.Errorf("MCU %d,%d: %w", x, y, err)
			}
			if b != nil && b.over() {
				if err := r.over(); err != nil {
					return fmt.Errorf("MCU %d,%d: %w", x, y, err)
				}
			}
		}
		if err := row(y); err != nil {
			return err
		}
	}
	return nil
}
