package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// loop runs body for i = 0, step, ... below n. body may use i as an index.
func loop(name string, n Register, step uint64, body func(i GPVirtual)) {
	i := GP64()
	XORQ(i, i)
	JMP(LabelRef(name + "test"))
	Label(name + "body")
	body(i)
	ADDQ(Imm(step), i)
	Label(name + "test")
	CMPQ(i, n)
	JLT(LabelRef(name + "body"))
}

// shorts is a constant of 16 copies of v.
func shorts(name string, v int16) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, I16(v))
	}
	return m
}

func param(name string) Register { return Load(Param(name), GP64()) }

// widen generates the conversion of bytes to 16 bits.
func widen() {
	TEXT("widenAVX2", NOSPLIT, "func(sums *uint16, src *byte, n int)")
	Doc("widenAVX2 writes n bytes as 16 bits each, rounded up to 16 of them.")
	Pragma("noescape")
	sums, src, n := param("sums"), param("src"), param("n")
	loop("w", n, 16, func(i GPVirtual) {
		v := YMM()
		VPMOVZXBW(Mem{Base: src, Index: i, Scale: 1}, v)
		VMOVDQU(v, Mem{Base: sums, Index: i, Scale: 2})
	})
	VZEROUPPER()
	RET()
}

// sum generates the sums of two rows, 3 to 1.
func sum() {
	TEXT("sumAVX2", NOSPLIT, "func(sums *uint16, near, far *byte, n int)")
	Doc("sumAVX2 writes 3*near+far of n bytes, rounded up to 16 of them.")
	Pragma("noescape")
	sums, near, far, n := param("sums"), param("near"), param("far"), param("n")
	loop("s", n, 16, func(i GPVirtual) {
		v, w, o := YMM(), YMM(), YMM()
		VPMOVZXBW(Mem{Base: near, Index: i, Scale: 1}, v)
		VPMOVZXBW(Mem{Base: far, Index: i, Scale: 1}, w)
		VPADDW(v, v, o)
		VPADDW(o, v, o)
		VPADDW(o, w, o)
		VMOVDQU(o, Mem{Base: sums, Index: i, Scale: 2})
	})
	VZEROUPPER()
	RET()
}

// double generates the doubling of a row of sums by the triangle filter.
func double(name string, biasEven, biasOdd int16, shift uint64) {
	even, odd := shorts(name+"Even", biasEven), shorts(name+"Odd", biasOdd)
	TEXT(name, NOSPLIT, "func(dst *byte, sums *uint16, n int)")
	Doc(name+" writes two bytes for each of n sums, rounded up to 16 of them: 3 of the sum and 1 of that before",
		"or behind it. There is a sum before the first, and one behind the last.")
	Pragma("noescape")
	dst, sums, n := param("dst"), param("sums"), param("n")
	loop("d", n, 16, func(i GPVirtual) {
		at := func(disp int) Mem { return Mem{Base: sums, Index: i, Scale: 2, Disp: disp} }
		v, three, a, b := YMM(), YMM(), YMM(), YMM()
		VMOVDQU(at(0), v)
		VPADDW(v, v, three)
		VPADDW(v, three, three)
		VPADDW(at(-2), three, a)
		VPADDW(at(2), three, b)
		VPADDW(even, a, a)
		VPADDW(odd, b, b)
		VPSRLW(Imm(shift), a, a)
		VPSRLW(Imm(shift), b, b)
		VPSLLW(Imm(8), b, b)
		VPOR(a, b, b)
		VMOVDQU(b, Mem{Base: dst, Index: i, Scale: 2})
	})
	VZEROUPPER()
	RET()
}

// between generates the interpolation between two rows.
func between() {
	TEXT("betweenAVX2", NOSPLIT, "func(dst, near, far *byte, n int, bias uint16)")
	Doc("betweenAVX2 writes (3*near+far+bias)/4 of n bytes, rounded up to 16 of them.")
	Pragma("noescape")
	dst, near, far, n := param("dst"), param("near"), param("far"), param("n")
	bias := YMM()
	b := GP32()
	Load(Param("bias"), b.As16())
	MOVWLZX(b.As16(), b)
	VMOVD(b, bias.AsX())
	VPBROADCASTW(bias.AsX(), bias)
	loop("b", n, 16, func(i GPVirtual) {
		v, w, o := YMM(), YMM(), YMM()
		VPMOVZXBW(Mem{Base: near, Index: i, Scale: 1}, v)
		VPMOVZXBW(Mem{Base: far, Index: i, Scale: 1}, w)
		VPADDW(v, v, o)
		VPADDW(o, v, o)
		VPADDW(o, w, o)
		VPADDW(o, bias, o)
		VPSRLW(Imm(2), o, o)
		VMOVDQU(packed(o).AsX(), Mem{Base: dst, Index: i, Scale: 1})
	})
	VZEROUPPER()
	RET()
}

// packed turns 16 words into bytes, saturated, in the lower half.
func packed(v VecVirtual) VecVirtual {
	o := YMM()
	VPACKUSWB(v, v, o)
	VPERMQ(Imm(0b1000), o, o)
	return o
}

// color generates the conversion of luma and chroma to RGB. Products with factors of more than 15 bits are split:
// 1.402 = 1 + 0.402, 1.772 = 2 - 0.228, 0.71414 = 1 - 0.28586; x*f/65536 is rounded as (2x*f/65536 + 1)/2 is.
func color() {
	center, one := shorts("center", 128), shorts("one", 1)
	red, blue := shorts("red", 91881-65536), shorts("blue", 116130-131072)
	green := GLOBL("green", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, I16(-22554))
		DATA(4*i+2, I16(65536-46802))
	}
	half := dwords("half", 1<<15, 8)
	// The place of each byte of R, G and B among 48, 16 at a time; 0x80 gives 0.
	var places [3][3]Mem
	for part := range 3 {
		for c := range 3 {
			places[part][c] = GLOBL([]string{"r", "g", "b"}[c]+[]string{"0", "1", "2"}[part], RODATA|NOPTR)
			for i := range 16 {
				v := 0x80
				if at := 16*part + i; at%3 == c {
					v = at / 3
				}
				DATA(i, U8(v))
			}
		}
	}
	TEXT("colorAVX2", NOSPLIT, "func(dst, y, cb, cr *byte, n int)")
	Doc("colorAVX2 converts n pixels, a multiple of 16.")
	Pragma("noescape")
	dst, y, cb, cr, n := param("dst"), param("y"), param("cb"), param("cr"), param("n")
	loop("c", n, 16, func(i GPVirtual) {
		l, b, r := YMM(), YMM(), YMM()
		VPMOVZXBW(Mem{Base: y, Index: i, Scale: 1}, l)
		VPMOVZXBW(Mem{Base: cb, Index: i, Scale: 1}, b)
		VPMOVZXBW(Mem{Base: cr, Index: i, Scale: 1}, r)
		VPSUBW(center, b, b)
		VPSUBW(center, r, r)
		share := func(v VecVirtual, f Mem) VecVirtual {
			o := YMM()
			VPADDW(v, v, o)
			VPMULHW(f, o, o)
			VPADDW(one, o, o)
			VPSRAW(Imm(1), o, o)
			return o
		}
		R := share(r, red)
		VPADDW(r, R, R)
		VPADDW(l, R, R)
		B := share(b, blue)
		VPADDW(b, B, B)
		VPADDW(b, B, B)
		VPADDW(l, B, B)
		lo, hi := YMM(), YMM()
		VPUNPCKLWD(r, b, lo)
		VPUNPCKHWD(r, b, hi)
		for _, v := range []VecVirtual{lo, hi} {
			VPMADDWD(green, v, v)
			VPADDD(half, v, v)
			VPSRAD(Imm(16), v, v)
		}
		G := YMM()
		VPACKSSDW(hi, lo, G)
		VPSUBW(r, G, G)
		VPADDW(l, G, G)
		channels := [3]VecVirtual{packed(R), packed(G), packed(B)}
		for part := range 3 {
			o, t := XMM(), XMM()
			VPSHUFB(places[part][0], channels[0].AsX(), o)
			for c := 1; c < 3; c++ {
				VPSHUFB(places[part][c], channels[c].AsX(), t)
				VPOR(t, o, o)
			}
			VMOVDQU(o, Mem{Base: dst, Disp: 16 * part})
		}
		ADDQ(Imm(48), dst)
	})
	VZEROUPPER()
	RET()
}
