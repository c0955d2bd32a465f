package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pack generates the copy of n columns of a matrix: what the panels of packed operands are made of.
func (m machine) pack(n int) {
	m.function(fmt.Sprintf("pack%d", n), "(dst, src *float32, rows, stride int)",
		fmt.Sprintf("copies %d elements of each of rows rows of src, stride elements apart, to dst without gaps.", n))
	dst, src, rows, stride := m.load("dst"), m.load("src"), m.load("rows"), m.load("stride")
	m.SHLQ(operand.Imm(2), stride)
	m.Label("row")
	for at := 0; at < n; {
		from, to := operand.Mem{Base: src, Disp: 4 * at}, operand.Mem{Base: dst, Disp: 4 * at}
		switch v := m.vec(); {
		case n-at >= m.lanes:
			m.VMOVUPS(from, v)
			m.VMOVUPS(v, to)
			at += m.lanes
		case n-at >= 8:
			m.VMOVUPS(from, v.AsY())
			m.VMOVUPS(v.AsY(), to)
			at += 8
		case n-at >= 4:
			m.VMOVUPS(from, v.AsX())
			m.VMOVUPS(v.AsX(), to)
			at += 4
		case n-at >= 2:
			m.VMOVSD(from, v.AsX())
			m.VMOVSD(v.AsX(), to)
			at += 2
		default:
			m.VMOVSS(from, v.AsX())
			m.VMOVSS(v.AsX(), to)
			at++
		}
	}
	m.ADDQ(stride, src)
	m.ADDQ(operand.U32(uint32(4*n)), dst)
	m.DECQ(rows)
	m.JNZ(operand.LabelRef("row"))
	m.end()
}

// transpose generates the copy of 8 rows of a matrix to 8 columns of a panel. Blocks of 8x8 go through
// registers: unpack pairs of rows (2x2), shuffle pairs of pairs (4x4), then exchange halves.
func (m machine) transpose() {
	m.function("transpose8", "(dst, src *float32, blocks, stride, width int)",
		"copies 8 rows of src, stride elements apart, of 8*blocks elements each to 8 columns of dst, whose",
		"rows are width elements apart: dst[c*width+j] = src[j*stride+c].")
	dst, src, blocks, stride, width := m.load("dst"), m.load("src"), m.load("blocks"), m.load("stride"), m.load("width")
	m.SHLQ(operand.Imm(2), stride)
	m.SHLQ(operand.Imm(2), width)
	from, to := m.GP64(), m.GP64()
	m.Label("block")
	m.MOVQ(src, from)
	r := make([]reg.VecVirtual, 8)
	for i := range r {
		r[i] = m.YMM()
		m.VMOVUPS(operand.Mem{Base: from}, r[i])
		m.ADDQ(stride, from)
	}
	pairs := make([]reg.VecVirtual, 8)
	for i := range 4 {
		pairs[2*i], pairs[2*i+1] = m.YMM(), m.YMM()
		m.VUNPCKLPS(r[2*i+1], r[2*i], pairs[2*i])
		m.VUNPCKHPS(r[2*i+1], r[2*i], pairs[2*i+1])
	}
	quads := make([]reg.VecVirtual, 8)
	for i := range 2 {
		for j := range 2 {
			lo, hi := m.YMM(), m.YMM()
			m.VSHUFPS(operand.Imm(0x44), pairs[4*i+2+j], pairs[4*i+j], lo)
			m.VSHUFPS(operand.Imm(0xee), pairs[4*i+2+j], pairs[4*i+j], hi)
			quads[4*i+2*j], quads[4*i+2*j+1] = lo, hi
		}
	}
	m.MOVQ(dst, to)
	for half := range 2 {
		for i := range 4 {
			v := m.YMM()
			m.VPERM2F128(operand.Imm(uint64(0x20+0x11*half)), quads[4+i], quads[i], v)
			m.VMOVUPS(v, operand.Mem{Base: to})
			m.ADDQ(width, to)
		}
	}
	m.ADDQ(operand.Imm(32), src)
	m.MOVQ(to, dst)
	m.DECQ(blocks)
	m.JNZ(operand.LabelRef("block"))
	m.end()
}
