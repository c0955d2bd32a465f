package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is a vector unit: what the generators need to know about an instruction set.
type machine struct {
	*build.Context
	dialect
	name  string                     // suffix of the function names
	lanes int                        // float32 per vector register: 8 (YMM) or 16 (ZMM)
	rows  int                        // rows of a register tile
	held  map[float32]reg.VecVirtual // constants in registers
}

// dialect is all that is written in the instructions of one set. A mask is a vector whose lanes have all
// bits or none.
type dialect interface {
	// vec allocates a vector register.
	vec() reg.VecVirtual
	// loadMasked loads the lanes of the mask, zeros elsewhere; memory outside the mask is not touched.
	loadMasked(from operand.Mem, mask, v reg.VecVirtual)
	// storeMasked stores the lanes of the mask.
	storeMasked(v, mask reg.VecVirtual, to operand.Mem)
	// compare turns mask into the mask of the lanes in which the predicate of VCMPPS holds for a and b.
	compare(predicate uint64, a reg.VecVirtual, b operand.Op, mask reg.VecVirtual)
	// greater turns mask into the mask of the lanes in which a > b, as signed integers.
	greater(a reg.VecVirtual, b operand.Op, mask reg.VecVirtual)
	// choose replaces the lanes of v in the mask by those of other. The sign bits of mask count.
	choose(mask, other, v reg.VecVirtual)
	// signs is the sign bits of v, that of lane i in bit i.
	signs(v reg.VecVirtual) reg.GPVirtual
	// round rounds to the nearest integer, halves to even.
	round(x, rounded reg.VecVirtual)
	// widen converts the lower or upper half of v to float64.
	widen(v reg.VecVirtual, half int) reg.VecVirtual
}

// bytes is the size of a vector register.
func (m machine) bytes() int { return 4 * m.lanes }

// manyVectors is whether there are 32 vector registers, not 16.
func (m machine) manyVectors() bool { return m.lanes == 16 }

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

// function begins an assembly function named base, exported, plus the machine's suffix. Pointers do not escape.
func (m machine) function(base, signature string, doc ...string) {
	name := strings.ToUpper(base[:1]) + base[1:] + m.name
	m.Function(name)
	m.Attributes(attr.NOSPLIT)
	m.SignatureExpr("func" + signature)
	m.Doc(append([]string{fmt.Sprintf("%s %s", name, doc[0])}, doc[1:]...)...)
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

// less is the mask of the lanes in which a < b; false for NaN, and for -0 < 0.
func (m machine) less(a reg.VecVirtual, b operand.Op) reg.VecVirtual {
	mask := m.vec()
	m.compare(1, a, b, mask)
	return mask
}

// number is n as an operand of instructions on 64 bits: the one-byte form holds numbers up to 127 only.
func number(n int) operand.Op {
	if n < 128 {
		return operand.Imm(uint64(n))
	}
	return operand.U32(uint32(n))
}
