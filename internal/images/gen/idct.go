package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// words makes a constant of n copies of v, of 32 bits each.
func dwords(name string, v int32, n int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range n {
		DATA(4*i, I32(v))
	}
	return m
}

// idct generates the inverse DCT: a pass over columns, whose 8 values are lanes of registers that hold a row each,
// a transposition, the same pass over rows, and the packing to bytes, which transposes again.
func idct() {
	const shift1, shift2 = 13 - 2, 13 + 2 + 3
	half1, half2 := dwords("half1", 1<<(shift1-1), 8), dwords("half2", 1<<(shift2-1), 8)
	offset := GLOBL("offset", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(128))
	}
	// bytes of [x0: y0-3][x1: y0-3][x2: y0-3][x3: y0-3] to [y0: x0-3] and so on, in both lanes
	turn := GLOBL("turn", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(i%4*4+i%16/4))
	}
	f := factors()

	TEXT("idctAVX2", NOSPLIT, "func(dst *byte, stride int, in *int16)")
	Doc("idctAVX2 writes the inverse DCT of the 64 coefficients at in to 8 rows of 8 bytes, stride bytes apart.")
	Pragma("noescape")
	dst, stride, in := Load(Param("dst"), GP64()), Load(Param("stride"), GP64()), Load(Param("in"), GP64())
	var r [8]VecVirtual
	for i := range r {
		r[i] = YMM()
		VPMOVSXWD(Mem{Base: in, Disp: 16 * i}, r[i])
	}
	r = transform(r, f, half1, shift1)
	r = transpose(r)
	r = transform(r, f, half2, shift2)

	// 32 to 16 to 8 bits, saturated.
	var q [2]VecVirtual
	for i := range q {
		a, b := YMM(), YMM()
		VPACKSSDW(r[4*i+1], r[4*i], a)
		VPACKSSDW(r[4*i+3], r[4*i+2], b)
		q[i] = YMM()
		VPACKSSWB(b, a, q[i])
		VPADDB(offset, q[i], q[i])
		VPSHUFB(turn, q[i], q[i])
	}
	lo, hi := YMM(), YMM()
	VPUNPCKLDQ(q[1], q[0], lo) // rows 0, 1 | 4, 5
	VPUNPCKHDQ(q[1], q[0], hi) // rows 2, 3 | 6, 7
	step3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, step3)
	store := func(v VecVirtual, first, second Mem) {
		VMOVQ(v.AsX(), first)
		VPEXTRQ(Imm(1), v.AsX(), second)
	}
	for i := range 2 {
		if i == 1 {
			LEAQ(Mem{Base: dst, Index: stride, Scale: 4}, dst)
			VEXTRACTI128(Imm(1), lo, lo.AsX())
			VEXTRACTI128(Imm(1), hi, hi.AsX())
		}
		store(lo, Mem{Base: dst}, Mem{Base: dst, Index: stride, Scale: 1})
		store(hi, Mem{Base: dst, Index: stride, Scale: 2}, Mem{Base: dst, Index: step3, Scale: 1})
	}
	VZEROUPPER()
	RET()
}

// dequantize generates the products of a block.
func dequantize() {
	TEXT("dequantizeAVX2", NOSPLIT, "func(dst, src *int16, q *uint16)")
	Doc("dequantizeAVX2 writes the products of 64 numbers, the lower 16 bits of each.")
	Pragma("noescape")
	dst, src, q := param("dst"), param("src"), param("q")
	for i := range 4 {
		v := YMM()
		VMOVDQU(Mem{Base: src, Disp: 32 * i}, v)
		VPMULLW(Mem{Base: q, Disp: 32 * i}, v, v)
		VMOVDQU(v, Mem{Base: dst, Disp: 32 * i})
	}
	VZEROUPPER()
	RET()
}

// factors makes the constants of the transform, by their values.
func factors() func(v int32) Mem {
	known := map[int32]Mem{}
	for _, v := range []int32{4433, -15137, 6270, 9633, -16069, -3196, -7373, -20995, 2446, 16819, 25172, 12299} {
		name := fmt.Sprintf("f%d", v)
		if v < 0 {
			name = fmt.Sprintf("m%d", -v)
		}
		known[v] = dwords(name, v, 8)
	}
	return func(v int32) Mem { return known[v] }
}

// transform is idct.go's transform8 on eight vectors.
func transform(in [8]VecVirtual, f func(int32) Mem, half Mem, shift uint64) [8]VecVirtual {
	mul := func(v VecVirtual, by int32) VecVirtual {
		o := YMM()
		VPMULLD(f(by), v, o)
		return o
	}
	add := func(a, b VecVirtual) VecVirtual {
		o := YMM()
		VPADDD(b, a, o)
		return o
	}
	sub := func(a, b VecVirtual) VecVirtual { // a-b
		o := YMM()
		VPSUBD(b, a, o)
		return o
	}
	z1 := mul(add(in[2], in[6]), 4433)
	t2, t3 := add(z1, mul(in[6], -15137)), add(z1, mul(in[2], 6270))
	t0, t1 := add(in[0], in[4]), sub(in[0], in[4])
	for _, t := range []VecVirtual{t0, t1} {
		VPSLLD(Imm(13), t, t)
		VPADDD(half, t, t)
	}
	a := [4]VecVirtual{add(t0, t3), add(t1, t2), sub(t1, t2), sub(t0, t3)}

	z3, z4 := add(in[7], in[3]), add(in[5], in[1])
	z5 := mul(add(z3, z4), 9633)
	z3, z4 = add(mul(z3, -16069), z5), add(mul(z4, -3196), z5)
	z1, z2 := mul(add(in[7], in[1]), -7373), mul(add(in[5], in[3]), -20995)
	o := [4]VecVirtual{
		add(add(mul(in[7], 2446), z1), z3), add(add(mul(in[5], 16819), z2), z4),
		add(add(mul(in[3], 25172), z2), z3), add(add(mul(in[1], 12299), z1), z4),
	}
	var out [8]VecVirtual
	for i := range 4 {
		out[i], out[7-i] = add(a[i], o[3-i]), sub(a[i], o[3-i])
		VPSRAD(Imm(shift), out[i], out[i])
		VPSRAD(Imm(shift), out[7-i], out[7-i])
	}
	return out
}

// transpose turns rows of eight 32 bit lanes into columns.
func transpose(r [8]VecVirtual) [8]VecVirtual {
	var a, b, c [8]VecVirtual
	for i := range 4 {
		a[2*i], a[2*i+1] = YMM(), YMM()
		VPUNPCKLDQ(r[2*i+1], r[2*i], a[2*i])
		VPUNPCKHDQ(r[2*i+1], r[2*i], a[2*i+1])
	}
	for i := range 2 {
		for j := range 2 {
			lo, hi := a[4*i+j], a[4*i+2+j]
			b[4*i+2*j], b[4*i+2*j+1] = YMM(), YMM()
			VPUNPCKLQDQ(hi, lo, b[4*i+2*j])
			VPUNPCKHQDQ(hi, lo, b[4*i+2*j+1])
		}
	}
	for i := range 4 {
		c[i], c[4+i] = YMM(), YMM()
		VPERM2I128(Imm(0x20), b[4+i], b[i], c[i])
		VPERM2I128(Imm(0x31), b[4+i], b[i], c[4+i])
	}
	return c
}
