package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Weights have 22 bits behind the point.
const weightBits = 22

// shrink generates the resizing of a row of pixels: two taps at a time, each in four lanes, of which the last is of
// no use.
func shrink() {
	half := GLOBL("shrinkHalf", RODATA|NOPTR)
	for i := range 8 {
		v := int32(0)
		if i < 4 {
			v = 1 << (weightBits - 1)
		}
		DATA(4*i, I32(v))
	}
	// bytes r0 g0 b0 r1 g1 b1 to r0 g0 b0 r1 r1 g1 b1 r1
	pick := GLOBL("shrinkPick", RODATA|NOPTR)
	for i, from := range []int{0, 1, 2, 3, 3, 4, 5, 3, 0, 0, 0, 0, 0, 0, 0, 0} {
		DATA(i, U8(from))
	}
	TEXT("shrinkAVX2", NOSPLIT, "func(dst, src *byte, start, count *int32, weights *int32, stride, n int)")
	Doc("shrinkAVX2 writes n pixels of 3 bytes and a byte behind them. Pixel i is the sum of count[i] pixels from",
		"start[i] on; their weights, four times each, with zeros up to an even count, are at weights+i*stride bytes.",
		"Behind the last pixel's last tap 5 bytes are read.")
	Pragma("noescape")
	dst, src, start, count := param("dst"), param("src"), param("start"), param("count")
	weights, stride, n := param("weights"), param("stride"), param("n")
	shuffle := XMM()
	VMOVDQU(pick, shuffle)
	i := GP64()
	XORQ(i, i)
	JMP(LabelRef("next"))
	Label("pixel")
	s, k, w := GP64(), GP64(), GP64()
	MOVLQSX(Mem{Base: start, Index: i, Scale: 4}, s)
	LEAQ(Mem{Base: s, Index: s, Scale: 2}, s)
	ADDQ(src, s)
	MOVLQSX(Mem{Base: count, Index: i, Scale: 4}, k)
	MOVQ(weights, w)
	acc := YMM()
	VMOVDQU(half, acc)
	Label("taps")
	v := YMM()
	VMOVQ(Mem{Base: s}, v.AsX())
	VPSHUFB(shuffle, v.AsX(), v.AsX())
	VPMOVZXBD(v.AsX(), v)
	VPMULLD(Mem{Base: w}, v, v)
	VPADDD(v, acc, acc)
	ADDQ(Imm(6), s)
	ADDQ(Imm(32), w)
	SUBQ(Imm(2), k)
	JG(LabelRef("taps"))
	high := XMM()
	VEXTRACTI128(Imm(1), acc, high)
	sum := XMM()
	VPADDD(acc.AsX(), high, sum)
	VPSRAD(Imm(weightBits), sum, sum)
	VPACKSSDW(sum, sum, sum)
	VPACKUSWB(sum, sum, sum)
	VMOVD(sum, Mem{Base: dst})
	ADDQ(Imm(3), dst)
	ADDQ(stride, weights)
	INCQ(i)
	Label("next")
	CMPQ(i, n)
	JLT(LabelRef("pixel"))
	VZEROUPPER()
	RET()
}

// blend generates the weighted sum of rows.
func blend() {
	half := dwords("blendHalf", 1<<(weightBits-1), 8)
	blendOrder := GLOBL("blendOrder", RODATA|NOPTR)
	for i, from := range []int32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, I32(from))
	}
	TEXT("blendAVX2", NOSPLIT, "func(dst, src *byte, stride int, weights *int32, count, n int)")
	Doc("blendAVX2 writes n bytes, a multiple of 32: the sum of count rows, stride bytes apart, by their weights.")
	Pragma("noescape")
	dst, src, stride := param("dst"), param("src"), param("stride")
	weights, count, n := param("weights"), param("count"), param("n")
	loop("v", n, 32, func(i GPVirtual) {
		s, k := GP64(), GP64()
		LEAQ(Mem{Base: src, Index: i, Scale: 1}, s)
		XORQ(k, k)
		var acc [4]VecVirtual
		for j := range acc {
			acc[j] = YMM()
			VMOVDQU(half, acc[j])
		}
		Label("row")
		w := YMM()
		VPBROADCASTD(Mem{Base: weights, Index: k, Scale: 4}, w)
		for j := range acc {
			v := YMM()
			VPMOVZXBD(Mem{Base: s, Disp: 8 * j}, v)
			VPMULLD(w, v, v)
			VPADDD(v, acc[j], acc[j])
		}
		ADDQ(stride, s)
		INCQ(k)
		CMPQ(k, count)
		JLT(LabelRef("row"))
		for j := range acc {
			VPSRAD(Imm(weightBits), acc[j], acc[j])
		}
		a, b := YMM(), YMM()
		VPACKSSDW(acc[1], acc[0], a) // 0a 1a | 0b 1b
		VPACKSSDW(acc[3], acc[2], b) // 2a 3a | 2b 3b
		VPACKUSWB(b, a, a)           // 0a 1a 2a 3a | 0b 1b 2b 3b
		order := YMM()
		VMOVDQU(blendOrder, order)
		VPERMD(a, order, a)
		VMOVDQU(a, Mem{Base: dst, Index: i, Scale: 1})
	})
	VZEROUPPER()
	RET()
}
