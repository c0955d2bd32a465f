package jpeg

// block decodes a block of a sequential scan (T.81 F.2.2) into out, which is all zeros: coefficients in rows, times
// their quantizers q, which are in rows, too. dcPred is the component's last DC value. last is the place of the last
// coefficient in the file's order, 0 where there is none but DC.
//
// As in libjpeg-turbo's vector code products wrap at 16 bits, and a run beyond the block's end goes to its last
// coefficient.
func (b *bits) block(out *[64]int16, dc, ac *table, q *[64]uint16, dcPred *int32) (last int, err error) {
	if b.n < 32 {
		b.refill()
	}
	diff, err := b.dcDiff(dc)
	if err != nil {
		return 0, err
	}
	*dcPred += diff
	out[0] = int16(*dcPred) * int16(q[0])

	// The reader's fields are kept in registers.
	buf, pos, acc, n := b.buf, b.pos, b.acc, b.n
	for k := 1; k < 64; k++ {
		if n < 32 {
			if pos+8 > len(buf) {
				n |= 56
				pos = len(buf)
			} else {
				p := buf[pos : pos+8 : pos+8]
				v := uint64(p[7]) | uint64(p[6])<<8 | uint64(p[5])<<16 | uint64(p[4])<<24 |
					uint64(p[3])<<32 | uint64(p[2])<<40 | uint64(p[1])<<48 | uint64(p[0])<<56
				acc |= v >> (n & 63)
				pos += int((63 - n) >> 3)
				n |= 56
			}
		}
		e := ac.lut[acc>>(64-lutBits)]
		if e&fast != 0 {
			l := e & 31
			acc <<= l
			n -= uint(l)
			k += int(e >> 8 & 15)
			at := zigzag[k&127] & 63
			out[at] = int16(e>>16) * int16(q[at])
			last = k
			continue
		}
		run, size, l := e>>8&15, e>>12&15, e&31
		if l == 0 {
			symbol, length := ac.long(acc)
			if length == 0 {
				return 0, errBadCode
			}
			run, size, l = uint32(symbol>>4), uint32(symbol&15), uint32(length)
		}
		acc <<= l & 31
		n -= uint(l)
		if size == 0 {
			if run < 15 {
				break // end of block
			}
			k += 15
			continue
		}
		v := uint32(acc >> ((64 - size) & 63))
		acc <<= size
		n -= uint(size)
		k += int(run)
		at := zigzag[k&127] & 63
		out[at] = int16(extend(v, int(size))) * int16(q[at])
		last = k
	}
	b.pos, b.acc, b.n = pos, acc, n
	return min(last, 63), nil
}

// dcDiff decodes the difference of a DC coefficient. acc has at least 32 bits.
func (b *bits) dcDiff(t *table) (int32, error) {
	e := t.lut[b.acc>>(64-lutBits)]
	if e&fast != 0 {
		b.take(uint(e & 31))
		return int32(e) >> 16, nil
	}
	symbol, l := byte(e>>12&15|e>>4&0xf0), int(e&31)
	if l == 0 {
		symbol, l = t.long(b.acc)
	}
	if l == 0 || symbol > 15 {
		return 0, errBadCode
	}
	size := uint(symbol)
	b.take(uint(l))
	if size == 0 {
		return 0, nil
	}
	return extend(b.take(size), int(size)), nil
}
