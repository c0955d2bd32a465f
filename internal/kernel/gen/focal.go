package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kinds of cells, in the order of FocalTerm's arrays.
const (
	positive = iota
	negative
	unknown
	kinds
)

// What focal counts, in the order of FocalCounts.
const (
	countGated = kinds + iota
	countPicked
	countBoth
)

// focaling is focal while it is generated.
type focaling struct {
	sweeping
	kinds  []int                 // that may be there
	mask   [kinds]reg.VecVirtual // of the lanes that take part
	suffix string                // of the labels
}

// focal generates loss and gradient of cells.
func (m machine) focal() {
	m.function("focal", "(n int, logits, labels, grad *float32, gate *uint32, keys *uint32, limit uint32, terms *float32, gammas *int32, live *uint32, focus uint32, weight float32, counts *int32, sums *float64)",
		"computes n cells, a multiple of the lanes. See Focal for the formulas.",
		"gate (all bits where cells are gated) and keys may be nil. terms and gammas are alpha and gamma by",
		"kind, live has all bits where a kind takes part at all, focus all bits where the gradient flows through the",
		fmt.Sprintf("weight. counts is six vectors, sums three times %d values: it adds to them.", m.lanes))
	f := &focaling{sweeping: sweeping{machine: m, base: map[string]reg.GPVirtual{}, at: m.GP64()}}
	for _, p := range []string{"logits", "labels", "grad", "gate", "keys", "terms", "gammas", "live", "counts", "sums"} {
		f.base[p] = m.load(p)
	}
	left := m.load("n")
	m.XORQ(f.at, f.at)
	m.Label("vector")
	m.Comment("with thousands of classes, most vectors are of unknown cells alone")
	f.kinds, f.suffix = []int{unknown}, "unknown"
	f.ifUniform("mixed")
	f.drop()
	f.compute()
	m.JMP(operand.LabelRef("next"))
	m.Label("nothing")
	m.VMOVUPS(m.zero(), f.mem("grad"))
	m.JMP(operand.LabelRef("next"))
	m.Label("mixed")
	f.kinds, f.suffix = []int{positive, negative, unknown}, ""
	f.classify()
	f.drop()
	f.compute()
	m.Label("next")
	m.ADDQ(number(m.bytes()), f.at)
	m.SUBQ(number(m.lanes), left)
	m.JG(operand.LabelRef("vector"))
	m.end()
}

// ifUniform goes on where all cells are unknown, to label nothing where those take no part, else to label other.
func (f *focaling) ifUniform(other string) {
	y := f.get("labels")
	f.mask[unknown] = f.vec()
	f.VMOVUPS(f.constant(-1), f.mask[unknown])
	f.equal(y, f.mask[unknown])
	lanes := f.signs(f.mask[unknown])
	f.CMPL(lanes, operand.U32(1<<f.lanes-1))
	f.JNE(operand.LabelRef(other))
	f.count(unknown, f.mask[unknown])
}

// classify finds the kinds of cells by label, and counts them.
func (f *focaling) classify() {
	y := f.get("labels")
	for kind, label := range [kinds]float32{1, 0, -1} {
		f.mask[kind] = f.zero()
		if label == 0 {
			f.equal(y, f.mask[kind])
		} else {
			f.VMOVUPS(f.constant(label), f.mask[kind])
			f.equal(y, f.mask[kind])
		}
		f.count(kind, f.mask[kind])
	}
}

// equal turns v into the mask of the lanes in which a == v.
func (m machine) equal(a, v reg.VecVirtual) { m.compare(0, a, v, v) }

// count adds the lanes of a mask to a counter.
func (f *focaling) count(which int, mask reg.VecVirtual) {
	slot := operand.Mem{Base: f.base["counts"], Disp: which * f.bytes()}
	v := f.vec()
	f.VMOVUPS(slot, v)
	f.VPSUBD(mask, v, v)
	f.VMOVUPS(v, slot)
}

// drop takes the unknown cells away that are gated or picked by their keys, and kinds that do not live.
func (f *focaling) drop() {
	gated, picked := f.zero(), f.zero()
	f.TESTQ(f.base["gate"], f.base["gate"])
	f.JZ(operand.LabelRef("ungated" + f.suffix))
	f.VANDPS(f.mem("gate"), f.mask[unknown], gated)
	f.count(countGated, gated)
	f.Label("ungated" + f.suffix)
	f.TESTQ(f.base["keys"], f.base["keys"])
	f.JZ(operand.LabelRef("unpicked" + f.suffix))
	f.VBROADCASTSS(f.slot("limit"), picked)
	f.greater(picked, f.mem("keys"), picked)
	f.VANDPS(f.mask[unknown], picked, picked)
	f.count(countPicked, picked)
	both := f.vec()
	f.VANDPS(gated, picked, both)
	f.count(countBoth, both)
	f.Label("unpicked" + f.suffix)
	f.VORPS(gated, picked, picked)
	f.VANDNPS(f.mask[unknown], picked, f.mask[unknown])
	if len(f.kinds) == 1 {
		f.CMPL(operand.Mem{Base: f.base["live"], Disp: 4 * unknown}, operand.Imm(0))
		f.JEQ(operand.LabelRef("nothing"))
		return
	}
	for kind, mask := range f.mask {
		live := f.vec()
		f.VBROADCASTSS(operand.Mem{Base: f.base["live"], Disp: 4 * kind}, live)
		f.VANDPS(live, mask, mask)
	}
}

// byKind is the value of each lane's kind, of a table of three; something where there is no kind.
func (f *focaling) byKind(table string) reg.VecVirtual {
	v := f.vec()
	if len(f.kinds) == 1 {
		f.VBROADCASTSS(operand.Mem{Base: f.base[table], Disp: 4 * f.kinds[0]}, v)
		return v
	}
	f.VBROADCASTSS(operand.Mem{Base: f.base[table], Disp: 4 * negative}, v)
	for _, kind := range []int{positive, unknown} {
		other := f.vec()
		f.VBROADCASTSS(operand.Mem{Base: f.base[table], Disp: 4 * kind}, other)
		f.choose(f.mask[kind], other, v)
	}
	return v
}

// compute is the value and the gradient of the cells. z is the logit away from the right answer,
// a = sigmoid(z).
func (f *focaling) compute() {
	z, sign := f.get("logits"), f.vec()
	mixed := len(f.kinds) > 1
	if mixed {
		f.VANDPS(f.constant(negativeZero()), f.mask[positive], sign)
		f.VXORPS(sign, z, z)
	}
	e := f.expNeg(z)
	l := f.log1p(e)
	low, high := f.sigmoids(e)
	above, a := f.zero(), f.vec()
	f.compare(1, above, z, above)
	f.VANDPS(above, z, z)
	f.VADDPS(z, l, l)
	f.VMOVAPS(low, a)
	f.choose(above, high, a)
	alpha := f.byKind("terms")
	f.VMULPS(alpha, l, l) // cross entropy
	gamma := f.byKind("gammas")
	power := f.power(a, gamma)
	grad := a
	f.VMULPS(alpha, a, grad)
	f.VMULPS(power, grad, grad)
	f.VMULPS(power, l, l)
	focus := f.GP32()
	f.MOVL(f.slot("focus"), focus)
	f.TESTL(focus, focus)
	f.JZ(operand.LabelRef("constant" + f.suffix))
	f.choose(above, low, high) // 1-a
	f.VCVTDQ2PS(gamma, gamma)
	f.VMULPS(gamma, l, gamma)
	f.VFMADD231PS(high, gamma, grad)
	f.Label("constant" + f.suffix)
	weight := f.vec()
	f.VBROADCASTSS(f.slot("weight"), weight)
	f.VMULPS(weight, grad, grad)
	f.VMULPS(weight, l, l)
	any := f.mask[unknown]
	if mixed {
		f.VXORPS(sign, grad, grad)
		any = f.vec()
		f.VORPS(f.mask[positive], f.mask[negative], any)
		f.VORPS(f.mask[unknown], any, any)
	}
	f.VANDPS(any, grad, grad)
	f.VMOVUPS(grad, f.mem("grad"))
	for _, kind := range f.kinds {
		mask := f.mask[kind]
		f.VANDPS(l, mask, mask)
		for half := range 2 {
			wide := f.widen(mask, half)
			slot := operand.Mem{Base: f.base["sums"], Disp: (2*kind + half) * f.bytes()}
			f.VADDPD(slot, wide, wide)
			f.VMOVUPD(wide, slot)
		}
	}
}

// power is a^gamma for whole gammas from 0 to 7: the product of the squarings whose bits are set.
func (f *focaling) power(a, gamma reg.VecVirtual) reg.VecVirtual {
	product, square := f.vec(), f.vec()
	f.VMOVUPS(f.constant(1), product)
	f.VMOVAPS(a, square)
	for bit := range 3 {
		if bit > 0 {
			f.VMULPS(square, square, square)
		}
		set, next := f.vec(), f.vec()
		f.VPSLLD(operand.Imm(uint64(31-bit)), gamma, set)
		f.VMULPS(square, product, next)
		f.choose(set, next, product)
	}
	return product
}

// focalKeys generates the order of unknown cells by how sure they look negative.
func (m machine) focalKeys() {
	m.function("focalKeys", "(n int, logits, labels *float32, skip, keys *uint32, least float32)",
		"is keys = the bits of q = 1-sigmoid(logit) where the label is -1, the logit at least least, and skip, which may be",
		"nil, is 0; the bits of 2 elsewhere and for NaN. n is a multiple of the lanes.")
	s := &sweeping{machine: m, base: map[string]reg.GPVirtual{}, at: m.GP64()}
	for _, p := range []string{"logits", "labels", "skip", "keys"} {
		s.base[p] = m.load(p)
	}
	left, least := m.load("n"), m.vec()
	m.VBROADCASTSS(m.slot("least"), least)
	m.XORQ(s.at, s.at)
	m.Label("vector")
	candidate, none, enough := m.vec(), m.vec(), m.vec()
	m.VMOVUPS(m.constant(2), none)
	m.Comment("most logits are too low")
	m.compare(2, least, s.mem("logits"), enough)
	lanes := m.signs(enough)
	m.TESTL(lanes, lanes)
	m.JZ(operand.LabelRef("store"))
	m.VMOVUPS(m.constant(-1), candidate)
	m.equal(s.get("labels"), candidate)
	m.TESTQ(s.base["skip"], s.base["skip"])
	m.JZ(operand.LabelRef("unskipped"))
	skip := s.get("skip")
	m.VANDNPS(candidate, skip, candidate)
	m.Label("unskipped")
	m.VANDPS(enough, candidate, candidate)
	key := m.negativeProbability(s.get("logits"))
	m.VPMINUD(none, key, key)
	m.choose(candidate, key, none)
	m.Label("store")
	m.VMOVUPS(none, s.mem("keys"))
	m.ADDQ(number(m.bytes()), s.at)
	m.SUBQ(number(m.lanes), left)
	m.JG(operand.LabelRef("vector"))
	m.end()
}

// negativeProbability is 1 - 1/(1+exp(-x)), rounded after every operation.
func (m machine) negativeProbability(x reg.VecVirtual) reg.VecVirtual {
	e, one, q := m.expNeg(x), m.vec(), m.vec()
	m.VMOVUPS(m.constant(1), one)
	m.VDIVPS(e, one, q)
	m.choose(x, q, e)
	m.VADDPS(one, e, e)
	m.VDIVPS(e, one, e)
	m.VSUBPS(e, one, q)
	return q
}

// focalSkip generates the search for small keys, of which there are few.
func (m machine) focalSkip() {
	m.function("focalSkip", "(n int, keys *uint32, limit uint32) int",
		"is the number of keys before the first vector that has one below limit, as signed numbers, n without one.",
		"n is a multiple of the lanes.")
	keys, left, limit := m.load("keys"), m.load("n"), m.vec()
	m.VBROADCASTSS(m.slot("limit"), limit)
	at := m.GP64()
	m.XORQ(at, at)
	m.Label("vector")
	m.CMPQ(at, left)
	m.JGE(operand.LabelRef("found"))
	below := m.vec()
	m.greater(limit, operand.Mem{Base: keys, Index: at, Scale: 4}, below)
	lanes := m.signs(below)
	m.TESTL(lanes, lanes)
	m.JNZ(operand.LabelRef("found"))
	m.ADDQ(number(m.lanes), at)
	m.JMP(operand.LabelRef("vector"))
	m.Label("found")
	m.Store(at, m.ReturnIndex(0))
	m.end()
}
