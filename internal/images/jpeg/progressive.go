package jpeg

import (
	"errors"
	mathbits "math/bits"
)

// progressive decodes a scan of a progressive file into the coefficients (T.81 annex G; jdphuff.c).
func (d *Decoder) progressive(s *scanHeader) error {
	p := &pass{first: s.first, last: s.last, low: uint(s.low)}
	block := p.dcFirst
	switch {
	case s.first == 0 && s.high > 0:
		block = p.dcRefine
	case s.first > 0 && s.high == 0:
		block = p.acFirst
	case s.first > 0:
		block = p.acRefine
	}
	return d.walk(s, func(b *bits, x, y int) error {
		if b == nil {
			return nil
		}
		return s.each(x, y, func(q *plane, i int) error { return block(b, q, i) })
	}, func(int) error { return nil })
}

// pass decodes the blocks of one scan.
type pass struct {
	first, last int
	low         uint
}

// dcFirst decodes the upper bits of the DC coefficient.
func (p *pass) dcFirst(b *bits, q *plane, i int) error {
	if b.n < 32 {
		b.refill()
	}
	diff, err := b.dcDiff(q.dc)
	if err != nil {
		return err
	}
	q.pred += diff
	q.block(i)[0] = int16(q.pred << p.low)
	return nil
}

// dcRefine decodes one more bit of it.
func (p *pass) dcRefine(b *bits, q *plane, i int) error {
	if b.n < 1 {
		b.refill()
	}
	if b.take(1) == 1 {
		q.block(i)[0] |= 1 << p.low
	}
	return nil
}

// symbol decodes a symbol of t; 16 bits for more are left in b.
func (b *bits) symbol(t *table) (run, size int, err error) {
	if b.n < 32 {
		b.refill()
	}
	e := t.lut[b.acc>>(64-lutBits)]
	if e == 0 {
		s, l := t.long(b.acc)
		if l == 0 {
			return 0, 0, errBadCode
		}
		b.take(uint(l))
		return int(s >> 4), int(s & 15), nil
	}
	l := uint(e & 31)
	if size = int(e >> 12 & 15); e&fast != 0 {
		l -= uint(size)
	}
	b.take(l)
	return int(e >> 8 & 15), size, nil
}

// endOfBand decodes the length of a run of ends of bands.
func (b *bits) endOfBand(run int) int {
	if b.n < 16 {
		b.refill()
	}
	return 1<<run + int(b.take(uint(run)))
}

// acFirst decodes the upper bits of the band's coefficients.
func (p *pass) acFirst(b *bits, q *plane, i int) error {
	if b.eobRun > 0 {
		b.eobRun--
		return nil
	}
	c, nz := q.block(i), &q.nonzero[i]
	for k := p.first; k <= p.last; k++ {
		run, size, err := b.symbol(q.ac)
		if err != nil {
			return err
		}
		if size == 0 {
			if run < 15 {
				b.eobRun = b.endOfBand(run) - 1
				return nil
			}
			k += 15
			continue
		}
		k += run
		v := extend(b.take(uint(size)), size)
		k = min(k, 63)
		c[zigzag[k]&63] = int16(v << p.low)
		*nz |= 1 << k
	}
	return nil
}

// acRefine decodes one more bit of the band's coefficients, and those that come in with it.
func (p *pass) acRefine(b *bits, q *plane, i int) error {
	c, nz := q.block(i), &q.nonzero[i]
	bit := int16(1) << p.low
	k := p.first
	if b.eobRun == 0 {
		for ; k <= p.last; k++ {
			run, size, err := b.symbol(q.ac)
			if err != nil {
				return err
			}
			var v int16
			switch {
			case size == 1:
				if v = -bit; b.take(1) == 1 {
					v = bit
				}
			case size > 1:
				return errors.New("a new coefficient of more than one bit in a refining scan")
			case run < 15:
				b.eobRun = b.endOfBand(run)
			}
			if size == 0 && run < 15 {
				break
			}
			end := zeroAfter(*nz, k, p.last, run)
			b.refine(c, *nz&between(k, end), bit)
			if k = end; v != 0 {
				k = min(k, 63)
				c[zigzag[k]&63] = v
				*nz |= 1 << k
			}
		}
	}
	if b.eobRun > 0 {
		if k <= p.last {
			b.refine(c, *nz&between(k, p.last+1), bit)
		}
		b.eobRun--
	}
	return nil
}

// between has bits k to end-1 set.
func between(k, end int) uint64 { return 1<<uint(end) - 1<<uint(k) }

// zeroAfter is the place of the zero behind run others, from k on, last+1 if there is none.
func zeroAfter(nonzero uint64, k, last, run int) int {
	zeros := ^nonzero & between(k, last+1)
	for ; run > 0 && zeros != 0; run-- {
		zeros &= zeros - 1
	}
	if zeros == 0 {
		return last + 1
	}
	return mathbits.TrailingZeros64(zeros)
}

// refine reads a bit for each of the coefficients at, which are there already.
func (b *bits) refine(c *[64]int16, at uint64, bit int16) {
	for ; at != 0; at &= at - 1 {
		if b.n < 1 {
			b.refill()
		}
		if b.take(1) == 0 {
			continue
		}
		v := &c[zigzag[mathbits.TrailingZeros64(at)&63]&63]
		switch {
		case *v&bit != 0: // has it already
		case *v >= 0:
			*v += bit
		default:
			*v -= bit
		}
	}
}
