package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is a vector unit: what the generators need to know about an instruction set.
type machine struct {
	*build.Context
	name  string // suffix of the function names
	lanes int    // float32 per vector register: 8 (YMM) or 16 (ZMM)
	rows  int    // rows of a register tile
}

// bytes is the size of a vector register.
func (m machine) bytes() int { return 4 * m.lanes }

// vec allocates a vector register.
func (m machine) vec() reg.VecVirtual {
	if m.lanes == 16 {
		return m.ZMM()
	}
	return m.YMM()
}

// zero allocates a vector register that holds zeros.
func (m machine) zero() reg.VecVirtual {
	v := m.vec()
	m.VXORPS(v, v, v)
	return v
}

// broadcast allocates a vector register with the constant c in all lanes.
func (m machine) broadcast(c float32) reg.VecVirtual {
	g, x, v := m.GP32(), m.XMM(), m.vec()
	m.MOVL(operand.U32(math.Float32bits(c)), g)
	m.VMOVD(g, x)
	m.VBROADCASTSS(x, v)
	return v
}

// function begins an assembly function named base plus the machine's suffix. Pointers do not escape.
func (m machine) function(base, signature string, doc ...string) {
	m.Function(base + m.name)
	m.Attributes(attr.NOSPLIT)
	m.SignatureExpr("func" + signature)
	m.Doc(append([]string{fmt.Sprintf("%s%s %s", base, m.name, doc[0])}, doc[1:]...)...)
	m.Pragma("noescape")
}

// end returns from the function.
func (m machine) end() {
	m.VZEROUPPER()
	m.RET()
}

// load allocates a general register and loads the parameter into it.
func (m machine) load(param string) reg.GPVirtual {
	r := m.GP64()
	m.Load(m.Param(param), r)
	return r
}

// slot is the stack slot of a parameter, for values that do not deserve a register.
func (m machine) slot(param string) operand.Mem {
	b, err := m.Param(param).Resolve()
	if err != nil {
		panic(fmt.Sprintf("parameter %q: %v", param, err))
	}
	return b.Addr
}

// What follows is all that is written in the instructions of one set: masks and halves of vectors. The
// next set has its own forms of these.

// maskTable writes one vector of ones followed by one vector of zeros, as int32 lanes.
func (m machine) maskTable() {
	m.StaticGlobal("mask" + m.name)
	m.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 2 * m.lanes {
		v := uint32(0)
		if i < m.lanes {
			v = math.MaxUint32
		}
		m.AppendDatum(operand.U32(v))
	}
}

// firstLanes loads the mask of the first lanes; minus is 4 times their number, negated: the table is read
// so that its border between ones and zeros falls there.
func (m machine) firstLanes(minus reg.GPVirtual) reg.VecVirtual {
	table, mask := m.GP64(), m.vec()
	m.LEAQ(operand.NewDataAddr(operand.Symbol{Name: "mask" + m.name, Static: true}, m.bytes()), table)
	m.VMOVUPS(operand.Mem{Base: table, Index: minus, Scale: 1}, mask)
	return mask
}

// loadMasked loads the lanes of the mask, zeros elsewhere; memory outside the mask is not touched.
func (m machine) loadMasked(from operand.Mem, mask, v reg.VecVirtual) { m.VMASKMOVPS(from, mask, v) }

// storeMasked stores the lanes of the mask.
func (m machine) storeMasked(v, mask reg.VecVirtual, to operand.Mem) { m.VMASKMOVPS(v, mask, to) }

// less is the mask of the lanes in which a < b; false for NaN, and for -0 < 0.
func (m machine) less(a reg.VecVirtual, b operand.Op) reg.VecVirtual {
	mask := m.vec()
	m.VCMPPS(operand.Imm(1), b, a, mask)
	return mask
}

// choose replaces the lanes of v in the mask by those of other. The sign bits of mask count.
func (m machine) choose(mask, other, v reg.VecVirtual) { m.VBLENDVPS(mask, other, v, v) }

// widen converts the lower or upper half of v to float64.
func (m machine) widen(v reg.VecVirtual, half int) reg.VecVirtual {
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
