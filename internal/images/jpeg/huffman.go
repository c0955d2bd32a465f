package jpeg

import (
	"errors"
	"fmt"
)

// lutBits is how many bits the first look at a code takes in. Of the codes of photos, 99 in 100 are no longer, and
// most have the bits of their value within them, too.
const lutBits = 10

// A table decodes the codes of a Huffman table (T.81 annex C and F.2.2.3).
//
// lut is indexed by the next lutBits bits. An entry of 0 is a longer code or none. Else bits 0-7 hold how many bits
// to take, 8-11 the run and 12-15 the size of the symbol, and 16-31 the value if its bits were within the lutBits
// (bit fast is set then); without, the bits to take are those of the code alone.
type table struct {
	defined bool
	lut     [1 << lutBits]uint32
	maxCode [18]int32 // largest code of each length, -1 if there is none; the last is larger than any
	offset  [17]int32 // index of a length's first symbol less its first code
	symbols [256]byte
}

// fast marks an entry of table.lut that holds the value.
const fast = 1 << 7

// define makes a table of the number of codes of each length and their symbols in order.
func (t *table) define(counts [16]byte, symbols []byte) error {
	total := 0
	for _, n := range counts {
		total += int(n)
	}
	if total > 256 || total > len(symbols) {
		return fmt.Errorf("%d codes", total)
	}
	t.lut = [1 << lutBits]uint32{}
	copy(t.symbols[:], symbols[:total])
	code, k := int32(0), int32(0)
	for l := 1; l <= 16; l++ {
		n := int32(counts[l-1])
		t.offset[l], t.maxCode[l] = k-code, -1
		if code+n > 1<<l {
			return fmt.Errorf("more codes of %d bits than there can be", l)
		}
		if n > 0 {
			t.maxCode[l] = code + n - 1
		}
		for range n {
			if l <= lutBits {
				t.enter(uint32(code), l, t.symbols[k])
			}
			code++
			k++
		}
		code <<= 1
	}
	t.maxCode[17] = 1 << 30
	t.defined = true
	return nil
}

// enter fills the entries of lut that start with a code of l bits.
func (t *table) enter(code uint32, l int, symbol byte) {
	run, size := uint32(symbol>>4), int(symbol&15)
	free := lutBits - l
	first := code << free
	for i := range uint32(1) << free {
		e := uint32(l) | run<<8 | uint32(size)<<12
		if size > 0 && size <= free {
			v := extend(i>>(free-size), size)
			e = uint32(l+size) | fast | run<<8 | uint32(size)<<12 | uint32(v)<<16
		}
		t.lut[first+i] = e
	}
}

// extend is T.81's EXTEND: the signed value of size bits v.
func extend(v uint32, size int) int32 {
	if v < 1<<(size-1) {
		return int32(v) - 1<<size + 1
	}
	return int32(v)
}

// errBadCode is a run of bits that no code of the table starts with.
var errBadCode = errors.New("bad Huffman code")

// long decodes a code that lut does not have, from the upper bits of acc. It returns length 0 if there is none.
func (t *table) long(acc uint64) (symbol byte, length int) {
	for l := lutBits + 1; l <= 16; l++ {
		code := int32(acc >> (64 - l))
		if code <= t.maxCode[l] {
			return t.symbols[(code+t.offset[l])&255], l
		}
	}
	return 0, 0
}

// zigzag is the place in a block, in rows, of coefficient k in the file's order (T.81 figure 5). A run may lead
// beyond the block's end: such coefficients go to the last place, as libjpeg has it.
var zigzag = [128]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
}
