package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam generates a step of Adam over n parameters in one pass, with their moving average or without.
// It rounds after every operation, in the order of its portable twin, and so has no fused multiply-add,
// no approximate root and no reciprocal: the results are the same bits.
func (m machine) adam(averaged bool) {
	name := "adam"
	vectors := []string{"w", "grad", "m", "v"} // g would be the assembler's name of a register
	factors := []string{"shrink", "l2", "beta1", "take1", "beta2", "take2", "step", "eps"}
	doc := []string{"is a step of Adam on n parameters: w, m, v change. See AdamStep."}
	if averaged {
		name = "adamEMA"
		vectors = append(vectors, "ema")
		factors = append(factors, "keep", "take")
		doc = []string{"is Adam" + m.name + " and then ema = keep*ema + take*w."}
	}
	m.function(name, fmt.Sprintf("(n int, %s *float32, %s float32)", strings.Join(vectors, ", "), strings.Join(factors, ", ")), doc...)
	s := &sweeping{machine: m, base: map[string]reg.GPVirtual{}, scalar: map[string]reg.VecVirtual{}, at: m.GP64()}
	for _, p := range vectors {
		s.base[p] = m.load(p)
	}
	s.loadScalars(factors)
	left := m.load("n")
	m.XORQ(s.at, s.at)
	m.Label("vector")
	m.SUBQ(number(m.lanes), left)
	m.JL(operand.LabelRef("tail"))
	s.adamVector(averaged, s.get, func(v reg.VecVirtual, name string) { m.VMOVUPS(v, s.mem(name)) })
	m.ADDQ(number(m.bytes()), s.at)
	m.JMP(operand.LabelRef("vector"))
	m.Label("tail")
	m.ADDQ(number(m.lanes), left)
	m.JZ(operand.LabelRef("end"))
	m.SHLQ(operand.Imm(2), left)
	m.NEGQ(left)
	mask := m.firstLanes(left)
	s.adamVector(averaged, func(name string) reg.VecVirtual {
		v := m.vec()
		m.loadMasked(s.mem(name), mask, v)
		return v
	}, func(v reg.VecVirtual, name string) { m.storeMasked(v, mask, s.mem(name)) })
	m.Label("end")
	m.end()
}

// adamVector is one vector of adam.
func (s *sweeping) adamVector(averaged bool, get func(string) reg.VecVirtual, put func(reg.VecVirtual, string)) {
	x := get("w")
	s.VMULPS(s.scalar["shrink"], x, x)
	d := s.vec()
	s.VMULPS(s.scalar["l2"], x, d)
	s.VADDPS(get("grad"), d, d)
	first := s.weighted(get("m"), "beta1", d, "take1")
	put(first, "m")
	s.VMULPS(d, d, d)
	second := s.weighted(get("v"), "beta2", d, "take2")
	put(second, "v")
	s.VSQRTPS(second, second)
	s.VADDPS(s.scalar["eps"], second, second)
	s.VDIVPS(second, first, first)
	s.VMULPS(s.scalar["step"], first, first)
	s.VSUBPS(first, x, x)
	put(x, "w")
	if averaged {
		put(s.weighted(get("ema"), "keep", x, "take"), "ema")
	}
}

// weighted is old = keep*old + take*x.
func (s *sweeping) weighted(old reg.VecVirtual, keep string, x reg.VecVirtual, take string) reg.VecVirtual {
	s.VMULPS(s.scalar[keep], old, old)
	t := s.vec()
	s.VMULPS(s.scalar[take], x, t)
	s.VADDPS(t, old, old)
	return old
}
