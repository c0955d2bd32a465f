package jpeg

import "csl/internal/images"

// The constants of the inverse DCT, scaled by 1<<13 (jidctint.c; C. Loeffler, A. Ligtenberg, G. Moschytz: Practical
// fast 1-D DCT algorithms with 11 multiplications, ICASSP 1989).
const (
	constBits = 13
	passBits  = 2 // more precision between the passes

	f0298 = 2446
	f0390 = 3196
	f0541 = 4433
	f0765 = 6270
	f0899 = 7373
	f1175 = 9633
	f1501 = 12299
	f1847 = 15137
	f1961 = 16069
	f2053 = 16819
	f2562 = 20995
	f3072 = 25172
)

// idctPortable writes the inverse DCT of a block of dequantized coefficients, in rows, to 8 rows of dst, stride
// bytes apart: samples from 0 to 255.
func idctPortable(dst []byte, stride int, in *[64]int16) {
	var w [64]int32
	for x := range 8 {
		if in[8+x]|in[16+x]|in[24+x]|in[32+x]|in[40+x]|in[48+x]|in[56+x] == 0 {
			v := int32(in[x]) << passBits
			for y := 0; y < 64; y += 8 {
				w[y+x] = v
			}
			continue
		}
		c := transform8(int32(in[x]), int32(in[8+x]), int32(in[16+x]), int32(in[24+x]),
			int32(in[32+x]), int32(in[40+x]), int32(in[48+x]), int32(in[56+x]), constBits-passBits)
		for y, v := range c {
			w[8*y+x] = v
		}
	}
	for y := range 8 {
		r, d := w[8*y:8*y+8:8*y+8], dst[y*stride:][:8]
		c := transform8(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], constBits+passBits+3)
		for x, v := range c {
			d[x] = images.Clamp(v + 128)
		}
	}
}

// transform8 is the one-dimensional inverse DCT, scaled by 1<<constBits and divided by 1<<shift, rounded.
func transform8(i0, i1, i2, i3, i4, i5, i6, i7 int32, shift uint) [8]int32 {
	// Even part.
	z1 := (i2 + i6) * f0541
	t2, t3 := z1-i6*f1847, z1+i2*f0765
	t0, t1 := (i0+i4)<<constBits, (i0-i4)<<constBits
	a0, a3, a1, a2 := t0+t3, t0-t3, t1+t2, t1-t2

	// Odd part.
	z1, z2, z3, z4 := i7+i1, i5+i3, i7+i3, i5+i1
	z5 := (z3 + z4) * f1175
	o0, o1, o2, o3 := i7*f0298, i5*f2053, i3*f3072, i1*f1501
	z1, z2 = z1*-f0899, z2*-f2562
	z3, z4 = z3*-f1961+z5, z4*-f0390+z5
	o0, o1, o2, o3 = o0+z1+z3, o1+z2+z4, o2+z2+z3, o3+z1+z4

	half := int32(1) << (shift - 1)
	a0, a1, a2, a3 = a0+half, a1+half, a2+half, a3+half
	return [8]int32{
		(a0 + o3) >> shift, (a1 + o2) >> shift, (a2 + o1) >> shift, (a3 + o0) >> shift,
		(a3 - o0) >> shift, (a2 - o1) >> shift, (a1 - o2) >> shift, (a0 - o3) >> shift,
	}
}

// flat writes a block that has no coefficient but dc.
func flat(dst []byte, stride int, dc int16) {
	v := uint64(images.Clamp((int32(dc)<<passBits+1<<(passBits+2))>>(passBits+3) + 128))
	v *= 0x0101010101010101
	for y := range 8 {
		d := dst[y*stride:][:8]
		d[0], d[1], d[2], d[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
		d[4], d[5], d[6], d[7] = byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
	}
}
