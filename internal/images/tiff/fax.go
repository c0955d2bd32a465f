package tiff

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// fax decodes CCITT coding (ITU-T T.4 and T.6) to rows of a bit per pixel, in which 1 is black.
type fax struct {
	in           faxBits
	white, black *codes
	w            int
	kind         uint32 // runLengths, group3 or group4
	twoD         bool   // Group 3: rows may refer to the one above

	ref, now []int  // where colors change, from white to black first, in the row above and in this one
	row      []byte // of which rest is not read yet
	rest     []byte
}

// open returns a decoder like f, which only has tables, for rows of w pixels from r.
func (f fax) open(r io.ByteReader, h *Header) *fax {
	f.in.r, f.w, f.kind, f.twoD = r, h.cellW, h.compression, h.twoD
	f.row = make([]byte, (f.w+7)/8)
	return &f
}

func (f *fax) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		if err := f.decode(); err != nil {
			return 0, err
		}
		f.paint()
		f.rest = f.row
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// decode decodes a row.
func (f *fax) decode() error {
	f.ref, f.now = f.now, f.ref[:0]
	two := f.kind == group4
	switch f.kind {
	case runLengths:
		f.in.align()
	case group3:
		marked, err := f.in.endOfLine()
		if err != nil {
			return err
		}
		if f.twoD {
			if !marked {
				return errors.New("no end of line before a row")
			}
			two = f.in.take(1) == 0
		}
	}
	var err error
	if two {
		err = f.relative()
	} else {
		err = f.runs()
	}
	if err == nil {
		err = f.in.over()
	}
	return err
}

// runs decodes a row of runs of alternating colors.
func (f *fax) runs() error {
	for at, black := 0, false; at < f.w; black = !black {
		n, err := f.run(black)
		if err != nil {
			return err
		}
		if at += n; at > f.w {
			return fmt.Errorf("a run ends at pixel %d of %d", at, f.w)
		}
		f.now = append(f.now, at)
	}
	return nil
}

// run decodes the length of a run.
func (f *fax) run(black bool) (int, error) {
	t := f.white
	if black {
		t = f.black
	}
	for n := 0; ; {
		c := t[f.in.peek(codeBits)]
		if c.bits == 0 {
			return 0, f.in.bad()
		}
		f.in.skip(int(c.bits))
		n += int(c.run)
		if c.run < 64 || n > f.w {
			return n, nil
		}
	}
}

// relative decodes a row that refers to the one above (T.6).
func (f *fax) relative() error {
	for at, black := -1, false; at < f.w; {
		b1, b2 := f.above(at, black)
		mode, err := f.mode()
		switch {
		case err != nil:
			return err
		case mode == modePass:
			at = b2
		case mode == modeRuns:
			at = max(at, 0)
			for _, color := range [2]bool{black, !black} {
				n, err := f.run(color)
				if err != nil {
					return err
				}
				if at += n; at > f.w {
					return fmt.Errorf("a run ends at pixel %d of %d", at, f.w)
				}
				f.now = append(f.now, at)
			}
		default:
			next := b1 + mode
			if next < max(at, 0) || next > f.w {
				return fmt.Errorf("a color changes at pixel %d, after %d of %d", next, at, f.w)
			}
			at, black = next, !black
			f.now = append(f.now, at)
		}
	}
	return nil
}

// above finds the next two changes in the row above, of which the first is away from the current color.
func (f *fax) above(at int, black bool) (b1, b2 int) {
	i := 0
	if black {
		i = 1
	}
	for i < len(f.ref) && f.ref[i] <= at {
		i += 2
	}
	b1, b2 = f.w, f.w
	if i < len(f.ref) {
		b1 = f.ref[i]
	}
	if i+1 < len(f.ref) {
		b2 = f.ref[i+1]
	}
	return b1, b2
}

// The modes beside those of a change near one above, which are its distance, -3 to 3.
const (
	modePass = 10
	modeRuns = 11
)

// mode decodes how the next change is told.
func (f *fax) mode() (int, error) {
	v := f.in.peek(7)
	m, n := 0, 0
	switch bits.LeadingZeros8(uint8(v << 1)) {
	case 0:
		m, n = 0, 1
	case 1:
		m, n = 1, 3
	case 2:
		m, n = modeRuns, 3
	case 3:
		m, n = modePass, 4
	case 4:
		m, n = 2, 6
	case 5:
		m, n = 3, 7
	default:
		return 0, f.in.bad()
	}
	if m >= 1 && m <= 3 && v>>(7-n)&1 == 0 {
		m = -m
	}
	f.in.skip(n)
	return m, nil
}

// paint makes the row from its changes.
func (f *fax) paint() {
	clear(f.row)
	for i := 0; i < len(f.now); i += 2 {
		end := f.w
		if i+1 < len(f.now) {
			end = f.now[i+1]
		}
		for x := f.now[i]; x < end; x++ {
			f.row[x/8] |= 0x80 >> (x % 8)
		}
	}
}

// faxBits reads bits, the highest of a byte first.
type faxBits struct {
	r     io.ByteReader
	acc   uint64 // the next n bits are the highest
	n     int
	ended int // zero bits that were added behind the end
	err   error
}

// fill makes n bits available.
func (b *faxBits) fill(n int) {
	for b.n < n {
		v, err := byte(0), b.err
		if err == nil {
			v, err = b.r.ReadByte()
			b.err = err
		}
		if err != nil {
			b.ended += 8
		}
		b.acc |= uint64(v) << (56 - b.n)
		b.n += 8
	}
}

func (b *faxBits) peek(n int) int {
	b.fill(n)
	return int(b.acc >> (64 - n))
}

func (b *faxBits) skip(n int) {
	b.acc <<= n
	b.n -= n
}

func (b *faxBits) take(n int) int {
	v := b.peek(n)
	b.skip(n)
	return v
}

// align goes on to the next byte.
func (b *faxBits) align() { b.skip(b.n % 8) }

// over is an error if more bits were taken than there are.
func (b *faxBits) over() error {
	switch {
	case b.ended <= b.n:
		return nil
	case b.err != nil && b.err != io.EOF:
		return b.err
	}
	return io.ErrUnexpectedEOF
}

// bad is the error for bits that are not a code.
func (b *faxBits) bad() error {
	if b.ended > 0 {
		return io.ErrUnexpectedEOF
	}
	return fmt.Errorf("no code starts with %013b", b.peek(codeBits))
}

// endOfLine steps over marks of ends of lines, zeros in front of them, and says whether there was one.
func (b *faxBits) endOfLine() (found bool, err error) {
	for b.peek(11) == 0 {
		for b.take(1) == 0 {
			if b.ended > b.n {
				return false, io.ErrUnexpectedEOF
			}
		}
		if found {
			return false, io.ErrUnexpectedEOF // several in a row end the image
		}
		found = true
	}
	return found, nil
}
