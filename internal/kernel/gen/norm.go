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
	s.choose(s.below(v), low, g)
	return t, g
}

// gradY is t = act^-1(y)-beta and dz'.
func (s *sweeping) gradY() (t, g reg.VecVirtual) {
	t, g = s.get("y"), s.get("dy")
	mask, low := s.below(t), s.vec()
	s.VMULPS(s.scalar["undo"], t, low)
	s.choose(mask, low, t)
	s.VSUBPS(s.mem("beta"), t, t)
	s.VMULPS(s.scalar["slope"], g, low)
	s.choose(mask, low, g)
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

// groupRows is the number of rows that columns works on at a time: few enough streams for the caches and
// for an error of a few units in the last place where it sums them in float32, many enough to hide the
// conversion to float64.
const groupRows = 8

// longRow is the length of a row in bytes from which on the lines of a column of many rows compete for the
// same places of the first level cache: groups are smaller then. longGroup rows of two inputs are as many
// lines as it holds of them.
const (
	longRow   = 4096
	longGroup = 4
	longLead  = 512 // bytes that a long row is fetched ahead
)

// cutGroups sets the number of rows of a group and how far ahead, in bytes, memory is fetched: the next
// group where rows are short, as the processor does not see that order by itself, else the same row.
func (m machine) cutGroups(group, lead operand.Mem) {
	n := m.GP64()
	m.MOVQ(operand.U32(groupRows), group)
	m.MOVQ(m.slot("stride"), n)
	m.SHLQ(operand.Imm(3), n) // groupRows rows
	m.MOVQ(n, lead)
	m.CMPQ(n, operand.U32(groupRows*longRow))
	m.JL(operand.LabelRef("group"))
	m.MOVQ(operand.U32(longGroup), group)
	m.MOVQ(operand.U32(longLead), lead)
}

// columns generates the function. It goes through a group of rows vector by vector, so that memory is read
// in order.
func (m machine) columns(d columns) {
	pointers := append(append([]string{}, d.inputs...), d.perChan...)
	signature := fmt.Sprintf("(rows, c, stride int, %s *float32", strings.Join(pointers, ", "))
	if len(d.scalars) > 0 {
		signature += fmt.Sprintf(", %s float32", strings.Join(d.scalars, ", "))
	}
	results := d.results()
	signature += fmt.Sprintf(", %s *float64)", strings.Join(results, ", "))
	m.function(d.name, signature, append(d.doc,
		fmt.Sprintf("Adds the sums over rows, stride elements apart, of c >= %d channels to slots of %d sums, one per vector;", m.lanes, m.lanes),
		"the last vector ends at channel c-1.")...)
	s := &summing{sweeping: sweeping{machine: m, base: map[string]reg.GPVirtual{}, scalar: map[string]reg.VecVirtual{}, at: m.GP64()}, columns: d}
	s.row, s.total = map[string]reg.GPVirtual{}, map[string]reg.GPVirtual{}
	for _, p := range d.inputs {
		s.row[p], s.base[p] = m.load(p), m.GP64()
	}
	for _, p := range d.perChan {
		s.base[p] = m.load(p)
	}
	for _, r := range results {
		s.total[r] = m.load(r)
	}
	s.loadScalars(d.scalars)
	c := m.load("c")
	m.SHLQ(operand.Imm(2), c)
	m.SHLQ(operand.Imm(2), m.slot("stride"))
	s.left, s.ahead = m.GP64(), m.GP64()
	group, lead := m.AllocLocal(8), m.AllocLocal(8)
	m.cutGroups(group, lead)
	m.Label("group")
	m.XORQ(s.at, s.at)
	s.slotAt = m.GP64()
	m.XORQ(s.slotAt, s.slotAt)
	m.Label("vector")
	m.MOVQ(lead, s.ahead)
	m.ADDQ(s.at, s.ahead)
	m.MOVQ(m.slot("rows"), s.left)
	m.CMPQ(s.left, group)
	m.CMOVQGT(group, s.left)
	for _, p := range d.inputs {
		m.MOVQ(s.row[p], s.base[p])
	}
	if d.exact {
		s.sumExactly()
	} else {
		s.sumRows()
	}
	m.ADDQ(number(2*m.bytes()), s.slotAt)
	m.ADDQ(number(m.bytes()), s.at)
	next := m.GP64()
	m.LEAQ(operand.Mem{Base: s.at, Disp: m.bytes()}, next)
	m.CMPQ(next, c)
	m.JLE(operand.LabelRef("vector"))
	m.CMPQ(s.at, c)
	m.JE(operand.LabelRef("groupend"))
	s.lastVector(c)
	m.JMP(operand.LabelRef("vector"))
	m.Label("groupend")
	for _, p := range d.inputs {
		m.MOVQ(s.base[p], s.row[p])
	}
	most := m.GP64()
	m.MOVQ(group, most)
	m.SUBQ(most, m.slot("rows"))
	m.JG(operand.LabelRef("group"))
	m.end()
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

// summing is columns while it is generated.
type summing struct {
	sweeping
	columns
	row, total   map[string]reg.GPVirtual // first row of the group; sums
	left, slotAt reg.GPVirtual            // rows left of the group; bytes into the sums
	ahead        reg.GPVirtual            // bytes to the same vector of the next group's row
}

// sumRows adds up the rows of a vector in float32 and then adds them to the totals.
func (s *summing) sumRows() {
	part := map[string]reg.VecVirtual{}
	for _, r := range s.results() {
		part[r] = s.zero()
	}
	s.Label("row")
	a, b := s.body(&s.sweeping)
	if s.linear {
		s.VADDPS(a, part["s1"], part["s1"])
	}
	if s.product {
		s.VFMADD231PS(a, b, part["s2"])
	}
	s.nextRow()
	for _, r := range s.results() {
		s.addTotal(r, s.widen(part[r], 0), s.widen(part[r], 1))
	}
}

// sumExactly converts every row to float64 before it adds anything up.
func (s *summing) sumExactly() {
	part := map[string][2]reg.VecVirtual{}
	for _, r := range s.results() {
		part[r] = [2]reg.VecVirtual{s.zero(), s.zero()}
	}
	s.Label("row")
	a, b := s.body(&s.sweeping)
	for half := range 2 {
		wide := s.widen(a, half)
		if s.linear {
			s.VADDPD(wide, part["s1"][half], part["s1"][half])
		}
		if s.product {
			other := wide
			if a != b {
				other = s.widen(b, half)
			}
			s.VFMADD231PD(wide, other, part["s2"][half])
		}
	}
	s.nextRow()
	for _, r := range s.results() {
		s.addTotal(r, part[r][0], part[r][1])
	}
}

// nextRow moves the inputs on and goes back to label row until the group is done.
func (s *summing) nextRow() {
	for _, p := range s.inputs {
		s.PREFETCHT0(operand.Mem{Base: s.base[p], Index: s.ahead, Scale: 1})
		s.ADDQ(s.slot("stride"), s.base[p])
	}
	s.DECQ(s.left)
	s.JNZ(operand.LabelRef("row"))
}

// addTotal adds the two halves of a vector to its slot of sums.
func (s *summing) addTotal(result string, halves ...reg.VecVirtual) {
	for half, v := range halves {
		slot := operand.Mem{Base: s.total[result], Index: s.slotAt, Scale: 1, Disp: half * s.bytes()}
		s.VADDPD(slot, v, v)
		s.VMOVUPD(v, slot)
	}
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
	m.ADDQ(number(m.bytes()), at)
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
