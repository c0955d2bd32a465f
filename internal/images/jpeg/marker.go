package jpeg

import (
	"encoding/binary"
	"fmt"
)

// The markers of T.81 table B.1 that are told apart.
const (
	mSOF0  = 0xc0 // baseline
	mSOF1  = 0xc1 // extended sequential
	mSOF2  = 0xc2 // progressive
	mDHT   = 0xc4
	mJPG   = 0xc8
	mDAC   = 0xcc
	mRST0  = 0xd0
	mRST7  = 0xd7
	mSOI   = 0xd8
	mEOI   = 0xd9
	mSOS   = 0xda
	mDQT   = 0xdb
	mDRI   = 0xdd
	mAPP0  = 0xe0
	mAPP14 = 0xee
	mTEM   = 0x01
)

// cursor walks over the markers of a file.
type cursor struct {
	data []byte
	pos  int
}

// marker returns the next marker, after any number of other bytes and of fill bytes.
func (c *cursor) marker() (byte, error) {
	for c.pos+1 < len(c.data) {
		if c.data[c.pos] != 0xff {
			c.pos++
			continue
		}
		switch m := c.data[c.pos+1]; m {
		case 0xff:
			c.pos++
		case 0:
			c.pos += 2
		default:
			c.pos += 2
			return m, nil
		}
	}
	return 0, fmt.Errorf("%w: no end marker", errCutShort)
}

// segment returns the parameters that follow marker m.
func (c *cursor) segment(m byte) ([]byte, error) {
	rest := c.data[c.pos:]
	if len(rest) < 2 {
		return nil, fmt.Errorf("%w in marker %#x", errCutShort, m)
	}
	n := int(binary.BigEndian.Uint16(rest))
	if n < 2 {
		return nil, fmt.Errorf("marker %#x: length %d", m, n)
	}
	if n > len(rest) {
		return nil, fmt.Errorf("%w in marker %#x", errCutShort, m)
	}
	c.pos += n
	return rest[2:n], nil
}

// standalone reports whether a marker has no parameters.
func standalone(m byte) bool { return m == mTEM || m >= mRST0 && m <= mEOI }

// isFrame reports whether a marker starts a frame.
func isFrame(m byte) bool {
	return m >= mSOF0 && m <= 0xcf && m != mDHT && m != mJPG && m != mDAC
}
