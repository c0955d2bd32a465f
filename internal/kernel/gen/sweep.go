package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sweep describes an elementwise function over rows of c channels: every row of out is computed from
// the same row of the inputs and from vectors of one value per channel.
type sweep struct {
	name    string
	doc     []string
	inputs  []string // [rows][c]
	perChan []string // [c]
	scalars []string
	limited bool // the scalar limit is lowest(slope)
	body    func(s *sweeping) reg.VecVirtual
}

// sweepAhead is how far in front of its use memory is asked for, in bytes: what a processor fetches by itself stops
// at the end of every page.
const sweepAhead = 2048

// sweeping is a sweep while it is generated.
type sweeping struct {
	machine
	base   map[string]reg.GPVirtual
	scalar map[string]reg.VecVirtual
	at     reg.GPVirtual // bytes into the row
}

// mem is the current vector of an operand.
func (s *sweeping) mem(name string) operand.Mem {
	return operand.Mem{Base: s.base[name], Index: s.at, Scale: 1}
}

// get loads the current vector of an operand.
func (s *sweeping) get(name string) reg.VecVirtual {
	v := s.vec()
	s.VMOVUPS(s.mem(name), v)
	return v
}

// loadScalars broadcasts parameters.
func (s *sweeping) loadScalars(names []string) {
	for _, name := range names {
		s.scalar[name] = s.vec()
		s.VBROADCASTSS(s.slot(name), s.scalar[name])
	}
}

// sweep generates the function. The last vector of a row whose length is no multiple of the lanes
// overlaps the one before it. It is computed first and stored last, so that out may be an input.
func (m machine) sweep(d sweep) {
	pointers := append([]string{"out"}, append(d.inputs, d.perChan...)...)
	signature := fmt.Sprintf("(rows, c int, %s *float32", strings.Join(pointers, ", "))
	if len(d.scalars) > 0 {
		signature += fmt.Sprintf(", %s float32", strings.Join(d.scalars, ", "))
	}
	m.function(d.name, signature+")", append(d.doc, fmt.Sprintf("At least %d channels. out may be an input.", m.lanes))...)
	s := &sweeping{machine: m, base: map[string]reg.GPVirtual{}, scalar: map[string]reg.VecVirtual{}, at: m.GP64()}
	for _, p := range pointers {
		s.base[p] = m.load(p)
	}
	s.loadScalars(d.scalars)
	if d.limited {
		s.scalar["limit"] = m.lowest(m.slot("slope"))
	}
	rows, c := m.load("rows"), m.load("c")
	m.SHLQ(operand.Imm(2), c)
	last := m.vec()
	m.Label("row")
	m.TESTQ(operand.U32(uint32(m.bytes()-1)), c)
	m.JZ(operand.LabelRef("whole"))
	s.lastVector(c)
	m.VMOVAPS(d.body(s), last)
	m.Label("whole")
	m.XORQ(s.at, s.at)
	m.Label("vector")
	for _, p := range append([]string{"out"}, d.inputs...) {
		m.PREFETCHT0(s.mem(p).Offset(sweepAhead))
	}
	m.VMOVUPS(d.body(s), s.mem("out"))
	m.ADDQ(number(m.bytes()), s.at)
	next := m.GP64()
	m.LEAQ(operand.Mem{Base: s.at, Disp: m.bytes()}, next)
	m.CMPQ(next, c)
	m.JLE(operand.LabelRef("vector"))
	m.CMPQ(s.at, c)
	m.JE(operand.LabelRef("end"))
	s.lastVector(c)
	m.VMOVUPS(last, s.mem("out"))
	m.Label("end")
	m.ADDQ(c, s.base["out"])
	for _, p := range d.inputs {
		m.ADDQ(c, s.base[p])
	}
	m.DECQ(rows)
	m.JNZ(operand.LabelRef("row"))
	m.end()
}

// lastVector moves to the last vector of a row of c bytes.
func (s *sweeping) lastVector(c reg.GPVirtual) {
	s.LEAQ(operand.Mem{Base: c, Disp: -s.bytes()}, s.at)
}

// below is the mask of the lanes of v that are less than zero.
func (m machine) below(v reg.VecVirtual) reg.VecVirtual { return m.less(v, m.zero()) }

// leaky is v for v >= 0, slope*v below. NaN stays. limit is lowest(slope).
func (m machine) leaky(v, slope, limit reg.VecVirtual) {
	low := m.vec()
	m.VMAXPS(v, limit, low)
	m.VMULPS(slope, low, low)
	m.choose(v, low, v)
}

// lowest is the limit of what leaky multiplies: ReLU must turn -Inf into 0, not into 0*Inf, so there
// it multiplies finite numbers only.
func (m machine) lowest(slope operand.Mem) reg.VecVirtual {
	bits, lowest, v := m.GP32(), m.GP32(), m.vec()
	m.MOVL(slope, bits)
	m.MOVL(operand.U32(math.Float32bits(-math.MaxFloat32)), lowest)
	m.TESTL(bits, bits)
	m.MOVL(operand.U32(math.Float32bits(float32(math.Inf(-1)))), bits)
	m.CMOVLNE(bits, lowest)
	m.VMOVD(lowest, v.AsX())
	m.VBROADCASTSS(v.AsX(), v)
	return v
}

// pointwise generates the functions that have no parameters per channel, or one.
func (m machine) pointwise() {
	m.sweep(sweep{
		name: "add", doc: []string{"is out = a+b."}, inputs: []string{"a", "b"},
		body: func(s *sweeping) reg.VecVirtual {
			v := s.get("a")
			s.VADDPS(s.mem("b"), v, v)
			return v
		},
	})
	m.sweep(sweep{
		name: "addReLU", doc: []string{"is out = max(0, a+b); NaN stays."}, inputs: []string{"a", "b"},
		body: func(s *sweeping) reg.VecVirtual {
			v := s.get("a")
			s.VADDPS(s.mem("b"), v, v)
			return s.relu(v)
		},
	})
	m.sweep(sweep{
		name: "relu", doc: []string{"is out = max(0, x); NaN stays."}, inputs: []string{"x"},
		body: func(s *sweeping) reg.VecVirtual { return s.relu(s.get("x")) },
	})
	m.sweep(sweep{
		name: "reluGrad", doc: []string{"is out = y > 0 ? dy : 0."}, inputs: []string{"y", "dy"},
		body: func(s *sweeping) reg.VecVirtual {
			v := s.zero()
			s.choose(s.less(v, s.mem("y")), s.get("dy"), v)
			return v
		},
	})
	m.sweep(sweep{
		name: "scale", doc: []string{"is out = x*s."}, inputs: []string{"x"}, perChan: []string{"s"},
		body: func(s *sweeping) reg.VecVirtual {
			v := s.get("x")
			s.VMULPS(s.mem("s"), v, v)
			return v
		},
	})
	m.sweep(sweep{
		name: "scaleAddReLU", doc: []string{"is out = max(0, x*s + residual); NaN stays."},
		inputs: []string{"x", "residual"}, perChan: []string{"s"},
		body: func(s *sweeping) reg.VecVirtual {
			v, f := s.get("x"), s.get("s")
			s.VFMADD213PS(s.mem("residual"), f, v)
			return s.relu(v)
		},
	})
}

// relu is max(0, v), with v as the operand that the instruction returns for NaN.
func (m machine) relu(v reg.VecVirtual) reg.VecVirtual {
	m.VMAXPS(v, m.zero(), v)
	return v
}
