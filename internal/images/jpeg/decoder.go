package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"

	"csl/internal/images"
)

// Decoder decodes files one after the other and keeps its memory between them. It is for one goroutine at a time.
type Decoder struct {
	k       *kernels
	hdr     Header
	hint    spaceHint
	started bool // the frame header was read
	quant   [4][64]uint16
	dc, ac  [4]table
	std     *standard
	restart int // MCUs between restart markers; 0 without
	planes  [4]plane
	data    entropy
	out     output
}

// plane is what decoding a component keeps.
type plane struct {
	*component
	quant   [64]uint16 // in rows, as it was at the component's first scan
	scans   int        // that contained the component
	dc, ac  *table     // of the current scan
	pred    int32      // the last DC value
	coefs   []int16    // [mh,mw,64], in rows; of files of several scans
	nonzero []uint64   // [mh,mw]: bit k is set where coefficient k, in the file's order, but not DC, is not 0
	strip   []byte     // a row of MCUs and carried rows above it
	stride  int
}

// NewDecoder returns a decoder that uses the processor's vector units, or with plain only portable code.
func NewDecoder(plain bool) *Decoder {
	d := &Decoder{k: best(), std: newStandard()}
	if plain {
		d.k = portable()
	}
	return d
}

// Decode decodes a file into t. After an error, what rows t has is undefined.
func (d *Decoder) Decode(data []byte, t images.Target) error {
	if len(data) < 2 || data[0] != 0xff || data[1] != mSOI {
		return errors.New("no start marker")
	}
	d.reset()
	c := cursor{data: data, pos: 2}
	scans := 0
	for {
		m, err := c.marker()
		switch {
		case err != nil:
			return err
		case m == mSOI:
			return errors.New("second start marker")
		case m == mEOI:
			return d.finish(scans, t)
		case standalone(m):
			continue
		}
		p, err := c.segment(m)
		if err != nil {
			return err
		}
		if m == mSOS {
			scans++
			err = d.scan(&c, p, scans, t)
		} else {
			err = d.read(m, p)
		}
		if err != nil {
			return err
		}
	}
}

// reset forgets the last file.
func (d *Decoder) reset() {
	d.hint, d.started, d.restart = spaceHint{}, false, 0
	d.quant = [4][64]uint16{}
	d.out.whole = false
	d.dc, d.ac = d.std.dc, d.std.ac
}

// read takes in a marker's parameters outside scans.
func (d *Decoder) read(m byte, p []byte) error {
	d.hint.read(m, p)
	switch {
	case m == mDQT:
		return d.readQuant(p)
	case m == mDHT:
		return d.readHuffman(p)
	case m == mDRI:
		if len(p) != 2 {
			return fmt.Errorf("restart interval of %d bytes", len(p))
		}
		d.restart = int(binary.BigEndian.Uint16(p))
	case isFrame(m):
		if d.started {
			return errors.New("second frame header")
		}
		d.started = true
		var err error
		d.hdr, err = parseFrame(m, p)
		for i := range d.planes {
			q := &d.planes[i]
			q.component, q.scans = &d.hdr.comps[i], 0
		}
		return err
	}
	return nil
}

// readQuant reads quantization tables (T.81 B.2.4.1).
func (d *Decoder) readQuant(p []byte) error {
	for len(p) > 0 {
		wide, id := int(p[0]>>4), p[0]&15
		n := 64 << min(wide, 1)
		if wide > 1 || id > 3 || len(p) < 1+n {
			return fmt.Errorf("quantization table %d of precision %d in %d bytes", id, wide, len(p))
		}
		for i := range 64 {
			v := uint16(p[1+i])
			if wide == 1 {
				v = binary.BigEndian.Uint16(p[1+2*i:])
			}
			d.quant[id][zigzag[i]] = v
		}
		p = p[1+n:]
	}
	return nil
}

// readHuffman reads Huffman tables (T.81 B.2.4.2).
func (d *Decoder) readHuffman(p []byte) error {
	for len(p) > 0 {
		if len(p) < 17 {
			return fmt.Errorf("table of Huffman codes of %d bytes", len(p))
		}
		class, id := p[0]>>4, p[0]&15
		if class > 1 || id > 3 {
			return fmt.Errorf("table %d of Huffman codes, class %d", id, class)
		}
		counts := [16]byte(p[1:17])
		t := &d.dc[id]
		if class == 1 {
			t = &d.ac[id]
		}
		n := 0
		for _, c := range counts {
			n += int(c)
		}
		if err := t.define(counts, p[17:]); err != nil {
			return fmt.Errorf("table %d of Huffman codes, class %d: %w", id, class, err)
		}
		p = p[17+n:]
	}
	return nil
}

// finish ends a file: those of several scans are only shown now.
func (d *Decoder) finish(scans int, t images.Target) error {
	switch {
	case !d.started:
		return errors.New("no frame header")
	case scans == 0:
		return errors.New("no scan")
	case d.out.whole:
		return nil
	}
	for i := range d.hdr.Components {
		if d.planes[i].scans == 0 {
			return fmt.Errorf("%w: no scan of component %d", errCutShort, d.planes[i].id)
		}
	}
	return d.showCoefs(t)
}
