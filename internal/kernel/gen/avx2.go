package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// avx2 is AVX2 with FMA: 16 registers of 8 lanes, masks are vectors.
type avx2 struct{ *build.Context }

func (m avx2) vec() reg.VecVirtual { return m.YMM() }

func (m avx2) loadMasked(from operand.Mem, mask, v reg.VecVirtual) { m.VMASKMOVPS(from, mask, v) }

func (m avx2) storeMasked(v, mask reg.VecVirtual, to operand.Mem) { m.VMASKMOVPS(v, mask, to) }

func (m avx2) compare(predicate uint64, a reg.VecVirtual, b operand.Op, mask reg.VecVirtual) {
	m.VCMPPS(operand.Imm(predicate), b, a, mask)
}

func (m avx2) greater(a reg.VecVirtual, b operand.Op, mask reg.VecVirtual) { m.VPCMPGTD(b, a, mask) }

func (m avx2) choose(mask, other, v reg.VecVirtual) { m.VBLENDVPS(mask, other, v, v) }

func (m avx2) signs(v reg.VecVirtual) reg.GPVirtual {
	bits := m.GP32()
	m.VMOVMSKPS(v, bits)
	return bits
}

func (m avx2) round(x, rounded reg.VecVirtual) { m.VROUNDPS(operand.Imm(8), x, rounded) }

func (m avx2) widen(v reg.VecVirtual, half int) reg.VecVirtual {
	wide := m.vec()
	if half == 0 {
		m.VCVTPS2PD(v.AsX(), wide)
		return wide
	}
	x := m.XMM()
	m.VEXTRACTF128(operand.Imm(1), v, x)
	m.VCVTPS2PD(x, wide)
	return wide
}
