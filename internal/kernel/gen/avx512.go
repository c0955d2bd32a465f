package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// avx512 is AVX-512 F, BW, DQ and VL: 32 registers of 16 lanes. Its masks have registers of their own;
// here they last for one instruction, so that all generators can count and combine masks as vectors. What is
// hot, the matrix products, has no masks but at its edges.
type avx512 struct{ *build.Context }

func (m avx512) vec() reg.VecVirtual { return m.ZMM() }

// bits moves a mask to a mask register.
func (m avx512) bits(mask reg.VecVirtual) reg.OpmaskVirtual {
	k := m.K()
	m.VPMOVD2M(mask, k)
	return k
}

func (m avx512) loadMasked(from operand.Mem, mask, v reg.VecVirtual) {
	m.VMOVUPS_Z(from, m.bits(mask), v)
}

func (m avx512) storeMasked(v, mask reg.VecVirtual, to operand.Mem) {
	m.VMOVUPS(v, m.bits(mask), to)
}

func (m avx512) compare(predicate uint64, a reg.VecVirtual, b operand.Op, mask reg.VecVirtual) {
	k := m.K()
	m.VCMPPS(operand.Imm(predicate), b, a, k)
	m.VPMOVM2D(k, mask)
}

func (m avx512) greater(a reg.VecVirtual, b operand.Op, mask reg.VecVirtual) {
	k := m.K()
	m.VPCMPGTD(b, a, k)
	m.VPMOVM2D(k, mask)
}

func (m avx512) choose(mask, other, v reg.VecVirtual) { m.VBLENDMPS(other, v, m.bits(mask), v) }

func (m avx512) signs(v reg.VecVirtual) reg.GPVirtual {
	bits := m.GP32()
	m.KMOVW(m.bits(v), bits)
	return bits
}

func (m avx512) round(x, rounded reg.VecVirtual) { m.VRNDSCALEPS(operand.Imm(8), x, rounded) }

func (m avx512) widen(v reg.VecVirtual, half int) reg.VecVirtual {
	wide := m.vec()
	if half == 0 {
		m.VCVTPS2PD(v.AsY(), wide)
		return wide
	}
	y := m.YMM()
	m.VEXTRACTF64X4(operand.Imm(1), v, y)
	m.VCVTPS2PD(y, wide)
	return wide
}
