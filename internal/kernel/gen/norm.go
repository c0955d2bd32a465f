package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// norm generates activated batch norm, forward and backward.
//
// Forward: y = act((z-mean)*scale + beta), scale = (|gamma|+eps)/sqrt(var+eps).
//
// Backward, dz' = dy*act' and xhat = (z-mean)/sqrt(var+eps):
//
//	dz = scale*(dz' - mean(dz') - xhat*mean(dz'*xhat)) = scale*dz' + slant*t + offset,
//	offset = -scale*mean(dz')
//
// where t is z-mean (Z) or, rebuilt from the output, act^-1(y)-beta (Y), and slant is
// -scale*mean(dz'*xhat) times the factor that turns t into xhat.
func (m machine) norm() {
	m.sweep(sweep{
		name: "normalise", doc: []string{"is y = act((z-mean)*scale + beta), act(v) = v<0 ? slope*v : v."},
		inputs: []string{"z"}, perChan: []string{"mean", "scale", "beta"}, scalars: []string{"slope"}, limited: true,
		body: func(s *sweeping) reg.VecVirtual {
			t, scale := s.get("z"), s.get("scale")
			s.VSUBPS(s.mem("mean"), t, t)
			s.VFMADD213PS(s.mem("beta"), scale, t)
			s.leaky(t, s.scalar["slope"], s.scalar["limit"])
			return t
		},
	})
	m.sweep(sweep{
		name: "normGradZ", doc: []string{"is dz = scale*dz' + slant*(z-mean) + offset, dz' = (z-mean)*scale+beta < 0 ? slope*dy : dy."},
		inputs: []string{"z", "dy"}, perChan: []string{"mean", "scale", "beta", "slant", "offset"}, scalars: []string{"slope"},
		body: func(s *sweeping) reg.VecVirtual {
			t, g := s.gradZ()
			return s.inputGrad(t, g)
		},
	})
	m.sweep(sweep{
		name: "normGradY", doc: []string{"is dz = scale*dz' + slant*(u-beta) + offset, u, dz' = y < 0 ? y*undo, slope*dy : y, dy."},
		inputs: []string{"y", "dy"}, perChan: []string{"scale", "beta", "slant", "offset"}, scalars: []string{"slope", "undo"},
		body: func(s *sweeping) reg.VecVirtual {
			t, g := s.gradY()
			return s.inputGrad(t, g)
		},
	})
	m.columns(columns{
		name: "normSumsZ", doc: []string{"is s1 = sum of dz', s2 = sum of dz'*(z-mean), dz' = (z-mean)*scale+beta < 0 ? slope*dy : dy."},
		inputs: []string{"z", "dy"}, perChan: []string{"mean", "scale", "beta"}, scalars: []string{"slope"},
		body: func(s *sweeping) (a, b reg.VecVirtual) {
			t, g := s.gradZ()
			return g, t
		},
		linear: true, product: true,
	})
	m.columns(columns{
		name: "normSumsY", doc: []string{"is s1 = sum of dz', s2 = sum of dz'*(u-beta), u, dz' = y < 0 ? y*undo, slope*dy : y, dy."},
		inputs: []string{"y", "dy"}, perChan: []string{"beta"}, scalars: []string{"slope", "undo"},
		body: func(s *sweeping) (a, b reg.VecVirtual) {
			t, g := s.gradY()
			return g, t
		},
		linear: true, product: true,
	})
	m.columns(columns{
		name: "moments", doc: []string{"is s1 = sum of z-shift, s2 = sum of (z-shift)^2."},
		inputs: []string{"z"}, perChan: []string{"shift"},
		body: func(s *sweeping) (a, b reg.VecVirtual) {
			v := s.get("z")
			s.VSUBPS(s.mem("shift"), v, v)
			return v, v
		},
		linear: true, product: true, exact: true,
	})
	m.columns(columns{
		name: "sums", doc: []string{"is s1 = sum of x."}, inputs: []string{"x"},
		body: func(s *sweeping) (a, b reg.VecVirtual) {
			v := s.get("x")
			return v, v
		},
		linear: true,
	})
	m.columns(columns{
		name: "products", doc: []string{"is s2 = sum of x*dy."}, inputs: []string{"x", "dy"},
		body:    func(s *sweeping) (a, b reg.VecVirtual) { return s.get("x"), s.get("dy") },
		product: true,
	})
}

// gradZ is t = z-mean and dz'.
func (s *sweeping) gradZ() (t, g reg.VecVirtual) {
	t, g = s.get("z"), s.get("dy")
	s.VSUBPS(s.mem("mean"), t, t)
	v := s.get("scale")
	s.VFMADD213PS(s.mem("beta"), t, v)
	low := s.vec()
	s.VMULPS(s.scalar["slope"], g, low)
	s.VBLENDVPS(s.below(v), low, g, g)
	return t, g
}

// gradY is t = act^-1(y)-beta and dz'.
func (s *sweeping) gradY() (t, g reg.VecVirtual) {
	t, g = s.get("y"), s.get("dy")
	mask, low := s.below(t), s.vec()
	s.VMULPS(s.scalar["undo"], t, low)
	s.VBLENDVPS(mask, low, t, t)
	s.VSUBPS(s.mem("beta"), t, t)
	s.VMULPS(s.scalar["slope"], g, low)
	s.VBLENDVPS(mask, low, g, g)
	return t, g
}

// inputGrad is scale*g + slant*t + offset.
func (s *sweeping) inputGrad(t, g reg.VecVirtual) reg.VecVirtual {
	sum, slant := s.get("offset"), s.get("slant")
	s.VFMADD231PS(slant, t, sum)
	s.VFMADD231PS(s.mem("scale"), g, sum)
	return sum
}

// columns describes sums over rows, for one vector of channels: of a (linear) and of a*b (product).
type columns struct {
	name            string
	doc             []string
	inputs          []string
	perChan         []string
	scalars         []string
	body            func(s *sweeping) (a, b reg.VecVirtual)
	linear, product bool
	exact           bool // adds up every row in float64: where the sums cancel later
}

// groupRows is the number of rows that columns sums in float32 before it adds them up in float64: few
// enough for an error of a few units in the last place, many enough to hide the conversion.
const groupRows = 8

// columns generates the function.
func (m machine) columns(d columns) {
	pointers := append(append([]string{}, d.inputs...), d.perChan...)
	signature := fmt.Sprintf("(rows, stride int, %s *float32", strings.Join(pointers, ", "))
	if len(d.scalars) > 0 {
		signature += fmt.Sprintf(", %s float32", strings.Join(d.scalars, ", "))
	}
	results := d.results()
	signature += fmt.Sprintf(", %s *float64)", strings.Join(results, ", "))
	m.function(d.name, signature, append(d.doc, fmt.Sprintf("Over rows, stride elements apart, for %d channels.", m.lanes))...)
	s := &sweeping{machine: m, base: map[string]reg.GPVirtual{}, scalar: map[string]reg.VecVirtual{}, at: m.GP64()}
	m.XORQ(s.at, s.at)
	for _, p := range pointers {
		s.base[p] = m.load(p)
	}
	s.loadScalars(d.scalars)
	total := map[string][]reg.VecVirtual{}
	for _, r := range results {
		total[r] = []reg.VecVirtual{m.zero(), m.zero()}
	}
	rows, stride := m.load("rows"), m.load("stride")
	m.SHLQ(operand.Imm(2), stride)
	if d.exact {
		d.sumExactly(s, rows, stride, total)
	} else {
		d.sumInGroups(s, rows, stride, total)
	}
	for _, r := range results {
		to := m.load(r)
		for half, v := range total[r] {
			m.VMOVUPD(v, operand.Mem{Base: to, Disp: half * m.bytes()})
		}
	}
	m.end()
}

// sumExactly adds every row to the totals in float64.
func (d columns) sumExactly(s *sweeping, rows, stride reg.GPVirtual, total map[string][]reg.VecVirtual) {
	s.Label("row")
	a, b := d.body(s)
	for half := range 2 {
		wide := s.widen(a, half)
		if d.linear {
			s.VADDPD(wide, total["s1"][half], total["s1"][half])
		}
		if d.product {
			other := wide
			if a != b {
				other = s.widen(b, half)
			}
			s.VFMADD231PD(wide, other, total["s2"][half])
		}
	}
	d.nextRow(s, stride)
	s.DECQ(rows)
	s.JNZ(operand.LabelRef("row"))
}

// sumInGroups adds up groups of rows in float32 and then adds them to the totals.
func (d columns) sumInGroups(s *sweeping, rows, stride reg.GPVirtual, total map[string][]reg.VecVirtual) {
	part, left := map[string]reg.VecVirtual{}, s.GP64()
	s.Label("group")
	s.MOVQ(operand.U32(groupRows), left)
	s.CMPQ(rows, left)
	s.CMOVQLT(rows, left)
	s.SUBQ(left, rows)
	for _, r := range d.results() {
		part[r] = s.zero()
	}
	s.Label("row")
	a, b := d.body(s)
	if d.linear {
		s.VADDPS(a, part["s1"], part["s1"])
	}
	if d.product {
		s.VFMADD231PS(a, b, part["s2"])
	}
	d.nextRow(s, stride)
	s.DECQ(left)
	s.JNZ(operand.LabelRef("row"))
	for _, r := range d.results() {
		for half, v := range total[r] {
			s.VADDPD(s.widen(part[r], half), v, v)
		}
	}
	s.TESTQ(rows, rows)
	s.JNZ(operand.LabelRef("group"))
}

// nextRow moves the inputs on.
func (d columns) nextRow(s *sweeping, stride reg.GPVirtual) {
	for _, p := range d.inputs {
		s.ADDQ(stride, s.base[p])
	}
}

// results are the names of the sums.
func (d columns) results() []string {
	var names []string
	if d.linear {
		names = append(names, "s1")
	}
	if d.product {
		names = append(names, "s2")
	}
	return names
}

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

// blend3 generates sums of three weighted lines: one dimension of a blur- or average-pool or of its
// gradient, whose every output line is made of at most three input lines.
func (m machine) blend3() {
	m.function("blend3", "(n, c int, out, src *float32, off *int32, weight *float32)",
		"is out[i*c+j] = sum over t<3 of weight[i][t]*src[off[i][t]+j] for i < n, j < c.",
		fmt.Sprintf("c is at least %d. out must not overlap src.", m.lanes))
	n, c, out, src, off, weight := m.load("n"), m.load("c"), m.load("out"), m.load("src"), m.load("off"), m.load("weight")
	m.SHLQ(operand.Imm(2), c)
	at, next := m.GP64(), m.GP64()
	m.Label("line")
	var from []reg.GPVirtual
	var w []reg.VecVirtual
	for t := range 3 {
		p, v := m.GP64(), m.vec()
		m.MOVLQSX(operand.Mem{Base: off, Disp: 4 * t}, p)
		m.LEAQ(operand.Mem{Base: src, Index: p, Scale: 4}, p)
		m.VBROADCASTSS(operand.Mem{Base: weight, Disp: 4 * t}, v)
		from, w = append(from, p), append(w, v)
	}
	m.ADDQ(operand.Imm(12), off)
	m.ADDQ(operand.Imm(12), weight)
	m.XORQ(at, at)
	m.Label("vector")
	v := m.vec()
	m.VMULPS(operand.Mem{Base: from[0], Index: at, Scale: 1}, w[0], v)
	for t := 1; t < 3; t++ {
		m.VFMADD231PS(operand.Mem{Base: from[t], Index: at, Scale: 1}, w[t], v)
	}
	m.VMOVUPS(v, operand.Mem{Base: out, Index: at, Scale: 1})
	m.ADDQ(operand.Imm(uint64(m.bytes())), at)
	m.LEAQ(operand.Mem{Base: at, Disp: m.bytes()}, next)
	m.CMPQ(next, c)
	m.JLE(operand.LabelRef("vector"))
	m.CMPQ(at, c)
	m.JE(operand.LabelRef("end"))
	m.Comment("the last vector overlaps the one before it")
	m.LEAQ(operand.Mem{Base: c, Disp: -m.bytes()}, at)
	m.JMP(operand.LabelRef("vector"))
	m.Label("end")
	m.ADDQ(c, out)
	m.DECQ(n)
	m.JNZ(operand.LabelRef("line"))
	m.end()
}
