package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winoSize is a size of Winograd's convolution, Lavin & Gray, arXiv 1509.09308. By F(4x4,3x3) a tile of 4x4
// outputs costs 36 products per pair of channels instead of 144.
//
//	Y = A' [ (G g G') .* (B' d B) ] A,  d 6x6 inputs, g 3x3 weights, Y 4x4 outputs
//
// with the interpolation points 0, 1, -1, 2, -2, infinity. The products over channels are one matrix
// product for each of the 36 places. Transforms work on a vector of channels, first along the columns
// into scratch, then along the rows.
//
// F(2x2,3x3) needs 16 products for 2x2 outputs, instead of 36. That is more, but its transformed weights are
// half as large, which counts where they come from memory and there are few pixels to use them on.
type winoSize struct {
	in, out int // sides of an input and an output tile
	suffix  string
}

func largeTiles() winoSize { return winoSize{6, 4, ""} }
func smallTiles() winoSize { return winoSize{4, 2, "2"} }

// hold loads constants into registers for the rest of the function.
func (m machine) hold(values ...float32) machine {
	held := map[float32]reg.VecVirtual{}
	for _, c := range values {
		held[c] = m.vec()
		m.VMOVUPS(m.constant(c), held[c])
	}
	m.held = held
	return m
}

// constant is c in all lanes, in a register or in memory.
func (m machine) constant(c float32) operand.Op {
	if v, ok := m.held[c]; ok {
		return v
	}
	name := fmt.Sprintf("f%08x%s", math.Float32bits(c), m.name)
	return operand.NewDataAddr(operand.Symbol{Name: name, Static: true}, 0)
}

// constants writes the data of constant.
func (m machine) constants(values ...float32) {
	for _, c := range values {
		m.StaticGlobal(fmt.Sprintf("f%08x%s", math.Float32bits(c), m.name))
		m.DataAttributes(attr.RODATA | attr.NOPTR)
		for range m.lanes {
			m.AppendDatum(operand.U32(math.Float32bits(c)))
		}
	}
}

const (
	sixth        = 1.0 / 6
	twentyfourth = 1.0 / 24
)

// winoConstants are the constants of the transforms; that of 1/2 stands among those of transcendentals.
func (m machine) winoConstants() {
	m.constants(2, 4, 5, 8, 0.25, -sixth, sixth, twentyfourth, 2*twentyfourth)
}

func (m machine) addOf(a, b reg.VecVirtual) reg.VecVirtual {
	v := m.vec()
	m.VADDPS(b, a, v)
	return v
}

func (m machine) subOf(a, b reg.VecVirtual) reg.VecVirtual {
	v := m.vec()
	m.VSUBPS(b, a, v)
	return v
}

// plus is c*x + y, minus is y - c*x.
func (m machine) plus(c float32, x, y reg.VecVirtual) reg.VecVirtual {
	return m.more(c, x, m.copyOf(y))
}

func (m machine) minus(c float32, x, y reg.VecVirtual) reg.VecVirtual {
	return m.fusedMulSub(c, x, m.copyOf(y))
}

// more turns v into v + c*x, fusedMulSub into v - c*x.
func (m machine) more(c float32, x, v reg.VecVirtual) reg.VecVirtual {
	m.VFMADD231PS(m.constant(c), x, v)
	return v
}

func (m machine) fusedMulSub(c float32, x, v reg.VecVirtual) reg.VecVirtual {
	m.VFNMADD231PS(m.constant(c), x, v)
	return v
}

func (m machine) copyOf(x reg.VecVirtual) reg.VecVirtual {
	v := m.vec()
	m.VMOVAPS(x, v)
	return v
}

func (m machine) times(c float32, x reg.VecVirtual) reg.VecVirtual {
	v := m.vec()
	m.VMULPS(m.constant(c), x, v)
	return v
}

// inputTransform is B' of six values:
//
//	4 0 -5 0 1 0 | 0 -4 -4 1 1 0 | 0 4 -4 -1 1 0 | 0 -2 -1 2 1 0 | 0 2 -1 -2 1 0 | 0 4 0 -5 0 1
func (m machine) inputTransform(d []reg.VecVirtual, emit func(i int, v reg.VecVirtual)) {
	emit(0, m.fusedMulSub(5, d[2], m.plus(4, d[0], d[4])))
	emit(5, m.fusedMulSub(5, d[3], m.plus(4, d[1], d[5])))
	emit(1, m.fusedMulSub(4, m.addOf(d[1], d[2]), m.addOf(d[3], d[4])))
	emit(2, m.more(4, m.subOf(d[1], d[2]), m.subOf(d[4], d[3])))
	odd, even := m.subOf(d[3], d[1]), m.subOf(d[4], d[2])
	emit(3, m.plus(2, odd, even))
	emit(4, m.fusedMulSub(2, odd, even))
}

// weightTransform is G of three values:
//
//	1/4 0 0 | -1/6 -1/6 -1/6 | -1/6 1/6 -1/6 | 1/24 1/12 1/6 | 1/24 -1/12 1/6 | 0 0 1
//
// and for small tiles 1 0 0 | 1/2 1/2 1/2 | 1/2 -1/2 1/2 | 0 0 1
func (m machine) weightTransform(size winoSize, g []reg.VecVirtual, emit func(i int, v reg.VecVirtual)) {
	if size == smallTiles() {
		ends, middle := m.times(0.5, m.addOf(g[0], g[2])), m.times(0.5, g[1])
		emit(0, g[0])
		emit(1, m.addOf(ends, middle))
		emit(2, m.subOf(ends, middle))
		emit(3, g[2])
		return
	}
	emit(0, m.times(0.25, g[0]))
	emit(5, g[2])
	ends := m.addOf(g[0], g[2])
	emit(1, m.times(-sixth, m.addOf(ends, g[1])))
	emit(2, m.times(-sixth, m.subOf(ends, g[1])))
	even := m.plus(twentyfourth, g[0], m.times(sixth, g[2]))
	emit(3, m.plus(2*twentyfourth, g[1], even))
	emit(4, m.fusedMulSub(2*twentyfourth, g[1], even))
}

// outputTransform is A' of six values:
//
//	1 1 1 1 1 0 | 0 1 -1 2 -2 0 | 0 1 1 4 4 0 | 0 1 -1 8 -8 1
//
// and for small tiles 1 1 1 0 | 0 1 -1 -1
func (m machine) outputTransform(size winoSize, v []reg.VecVirtual, emit func(i int, v reg.VecVirtual)) {
	if size == smallTiles() {
		emit(0, m.addOf(v[0], m.addOf(v[1], v[2])))
		emit(1, m.subOf(m.subOf(v[1], v[2]), v[3]))
		return
	}
	even, odd := m.addOf(v[1], v[2]), m.subOf(v[1], v[2])
	even2, odd2 := m.addOf(v[3], v[4]), m.subOf(v[3], v[4])
	emit(0, m.addOf(m.addOf(v[0], even), even2))
	emit(2, m.more(4, even2, even))
	emit(3, m.addOf(m.plus(8, odd2, odd), v[5]))
	emit(1, m.more(2, odd2, odd))
}

// gradTransform is A of four values, for the gradient by the weights:
//
//	1 0 0 0 | 1 1 1 1 | 1 -1 1 -1 | 1 2 4 8 | 1 -2 4 -8 | 0 0 0 1
func (m machine) gradTransform(y []reg.VecVirtual, emit func(i int, v reg.VecVirtual)) {
	emit(0, y[0])
	emit(5, y[3])
	even, odd := m.addOf(y[0], y[2]), m.addOf(y[1], y[3])
	emit(1, m.addOf(even, odd))
	emit(2, m.subOf(even, odd))
	even4, odd4 := m.plus(4, y[2], y[0]), m.plus(4, y[3], y[1])
	emit(3, m.plus(2, odd4, even4))
	emit(4, m.fusedMulSub(2, odd4, even4))
}

// weightGradTransform is G' of six values:
//
//	1/4 -1/6 -1/6 1/24 1/24 0 | 0 -1/6 1/6 1/12 -1/12 0 | 0 -1/6 -1/6 1/6 1/6 1
func (m machine) weightGradTransform(u []reg.VecVirtual, emit func(i int, v reg.VecVirtual)) {
	sum12, diff21 := m.addOf(u[1], u[2]), m.subOf(u[2], u[1])
	sum34, diff34 := m.addOf(u[3], u[4]), m.subOf(u[3], u[4])
	emit(0, m.plus(0.25, u[0], m.minus(sixth, sum12, m.times(twentyfourth, sum34))))
	emit(1, m.plus(2*twentyfourth, diff34, m.times(sixth, diff21)))
	emit(2, m.plus(sixth, m.subOf(sum34, sum12), u[5]))
}

// pointers turns n offsets into pointers in scratch: offsets below 0 into other.
func (m machine) pointers(n int, off, base, other reg.GPVirtual, scratch operand.Mem) {
	p := m.GP64()
	for k := range n {
		m.MOVLQSX(operand.Mem{Base: off, Disp: 4 * k}, p)
		m.TESTQ(p, p)
		m.LEAQ(operand.Mem{Base: base, Index: p, Scale: 4}, p)
		m.CMOVQLT(other, p)
		m.MOVQ(p, scratch.Offset(8*k))
	}
}

func (m machine) loadAll(n int, at func(i int) operand.Mem) []reg.VecVirtual {
	var v []reg.VecVirtual
	for i := range n {
		r := m.vec()
		m.VMOVUPS(at(i), r)
		v = append(v, r)
	}
	return v
}

// wholeVectors is so many bytes rounded up to vectors: what begins there does not straddle lines of the caches.
func (m machine) wholeVectors(bytes int) int {
	return (bytes + m.bytes() - 1) / m.bytes() * m.bytes()
}

// winoWeights generates the transform of weights.
func (m machine) winoWeights(size winoSize) {
	m.function("winoWeights"+size.suffix, "(n int, w *float32, tap int, u *float32, plane int, scratch *float32)",
		fmt.Sprintf("transforms n vectors of %d 3x3 weights: element j of tap t is w[t*tap+j], of place p u[p*plane+j].", m.lanes),
		fmt.Sprintf("scratch has %d elements.", 3*size.in*m.lanes))
	n, w, tap, u, plane := m.load("n"), m.load("w"), m.load("tap"), m.load("u"), m.load("plane")
	scratch := operand.Mem{Base: m.load("scratch")}
	m.SHLQ(operand.Imm(2), tap)
	m.SHLQ(operand.Imm(2), plane)
	m.Label("vector")
	from, to := m.GP64(), m.GP64()
	for j := range 3 {
		m.LEAQ(operand.Mem{Base: w}, from)
		for range j {
			m.ADDQ(tap, from)
		}
		var g []reg.VecVirtual
		for i := range 3 {
			if i > 0 {
				m.LEAQ(operand.Mem{Base: from, Index: tap, Scale: 2}, from)
				m.ADDQ(tap, from)
			}
			v := m.vec()
			m.VMOVUPS(operand.Mem{Base: from}, v)
			g = append(g, v)
		}
		m.weightTransform(size, g, func(i int, v reg.VecVirtual) { m.VMOVUPS(v, scratch.Offset(m.bytes()*(3*i+j))) })
	}
	m.MOVQ(u, to)
	for i := range size.in {
		g := m.loadAll(3, func(j int) operand.Mem { return scratch.Offset(m.bytes() * (3*i + j)) })
		row := make([]reg.VecVirtual, size.in)
		m.weightTransform(size, g, func(j int, v reg.VecVirtual) { row[j] = v })
		for _, v := range row {
			m.VMOVUPS(v, operand.Mem{Base: to})
			m.ADDQ(plane, to)
		}
	}
	m.ADDQ(number(m.bytes()), w)
	m.ADDQ(number(m.bytes()), u)
	m.DECQ(n)
	m.JNZ(operand.LabelRef("vector"))
	m.end()
}

// winoWeightsGrad generates the transform back of the gradient by the weights.
func (m machine) winoWeightsGrad() {
	m.function("winoWeightsGrad", "(n int, u *float32, plane int, w *float32, tap int, scratch *float32)",
		fmt.Sprintf("transforms n vectors of %d gradients: element j of place p is u[p*plane+j], of tap t w[t*tap+j].", m.lanes),
		fmt.Sprintf("scratch has %d elements.", 18*m.lanes))
	n, w, tap, u, plane := m.load("n"), m.load("w"), m.load("tap"), m.load("u"), m.load("plane")
	scratch := operand.Mem{Base: m.load("scratch")}
	m.SHLQ(operand.Imm(2), tap)
	m.SHLQ(operand.Imm(2), plane)
	m.Label("vector")
	from, to := m.GP64(), m.GP64()
	m.MOVQ(u, from)
	for i := range 6 {
		var v []reg.VecVirtual
		for range 6 {
			r := m.vec()
			m.VMOVUPS(operand.Mem{Base: from}, r)
			m.ADDQ(plane, from)
			v = append(v, r)
		}
		m.weightGradTransform(v, func(j int, r reg.VecVirtual) { m.VMOVUPS(r, scratch.Offset(m.bytes()*(3*i+j))) })
	}
	m.MOVQ(w, to)
	var dw [3][3]reg.VecVirtual
	for j := range 3 {
		v := m.loadAll(6, func(i int) operand.Mem { return scratch.Offset(m.bytes() * (3*i + j)) })
		m.weightGradTransform(v, func(i int, r reg.VecVirtual) { dw[i][j] = r })
	}
	for _, row := range dw {
		for _, r := range row {
			m.VMOVUPS(r, operand.Mem{Base: to})
			m.ADDQ(tap, to)
		}
	}
	m.ADDQ(number(m.bytes()), w)
	m.ADDQ(number(m.bytes()), u)
	m.DECQ(n)
	m.JNZ(operand.LabelRef("vector"))
	m.end()
}

// winoOutput generates the transform of output tiles, with the epilogue of a convolution.
func (m machine) winoOutput(size winoSize) {
	in, out := size.in, size.out
	m.function("winoOutput"+size.suffix, "(c int, m *float32, plane int, y *float32, off *int32, spare, bias, res *float32, slope float32, scratch *float32)",
		fmt.Sprintf("transforms the %d places m[p*plane+j], j < c, to the %dx%d pixels of y that begin at the %d offsets off", in*in, out, out, out*out),
		"(below 0: at spare, c elements), as y = act(transformed + bias + res). m and bias are read in whole",
		fmt.Sprintf("vectors; res may be nil or y; scratch has %d elements.", (16*out*out+m.bytes()*in*out)/4))
	c, at := m.load("c"), m.GP64()
	m.SHLQ(operand.Imm(2), c)
	yp := operand.Mem{Base: m.load("scratch")}
	rp := yp.Offset(8 * out * out)
	scratch := rp.Offset(8 * out * out)
	off, spare, res := m.load("off"), m.load("spare"), m.load("res")
	m.pointers(out*out, off, m.load("y"), spare, yp)
	m.TESTQ(res, res)
	m.JZ(operand.LabelRef("begin"))
	m.pointers(out*out, off, res, spare, rp)
	m.Label("begin")
	slope, limit := m.vec(), m.lowest(m.slot("slope"))
	m.VBROADCASTSS(m.slot("slope"), slope)
	m.XORQ(at, at)
	m = m.hold(2, 4, 8)
	o := &winoOutputs{machine: m, size: size, at: at, res: res, yp: yp, rp: rp, scratch: scratch, slope: slope, limit: limit}
	next := m.GP64()
	m.Label("vector")
	m.LEAQ(operand.Mem{Base: at, Disp: m.bytes()}, next)
	m.CMPQ(next, c)
	m.JG(operand.LabelRef("rest"))
	o.vector("")
	m.ADDQ(number(m.bytes()), at)
	m.JMP(operand.LabelRef("vector"))
	m.Label("rest")
	m.SUBQ(at, c)
	m.JZ(operand.LabelRef("end"))
	m.Comment("the mask of the c/4 lanes that are left")
	m.NEGQ(c)
	o.mask = m.firstLanes(c)
	o.vector("rest")
	m.Label("end")
	m.end()
}

// winoOutputs is winoOutput while it is generated.
type winoOutputs struct {
	machine
	size            winoSize
	at, res         reg.GPVirtual
	yp, rp, scratch operand.Mem
	slope, limit    reg.VecVirtual
	mask            reg.VecVirtual // nil: all lanes
}

// vector does one vector of channels.
func (o *winoOutputs) vector(suffix string) {
	in, out := o.size.in, o.size.out
	from, plane := o.load("m"), o.load("plane")
	o.SHLQ(operand.Imm(2), plane)
	for i := range in {
		v := make([]reg.VecVirtual, in)
		for j := range v {
			v[j] = o.vec()
			o.VMOVUPS(operand.Mem{Base: from, Index: o.at, Scale: 1}, v[j])
			o.ADDQ(plane, from)
		}
		o.outputTransform(o.size, v, func(j int, r reg.VecVirtual) { o.VMOVUPS(r, o.scratch.Offset(o.bytes()*(i*out+j))) })
	}
	bias, p := o.load("bias"), o.GP64()
	for j := range out {
		v := o.loadAll(in, func(i int) operand.Mem { return o.scratch.Offset(o.bytes() * (i*out + j)) })
		y := make([]reg.VecVirtual, out)
		o.outputTransform(o.size, v, func(i int, r reg.VecVirtual) { y[i] = r })
		for _, r := range y {
			o.VADDPS(operand.Mem{Base: bias, Index: o.at, Scale: 1}, r, r)
		}
		added := fmt.Sprintf("added%d%s", j, suffix)
		o.TESTQ(o.res, o.res)
		o.JZ(operand.LabelRef(added))
		for i, r := range y {
			o.MOVQ(o.rp.Offset(8*(i*out+j)), p)
			o.addResidual(operand.Mem{Base: p, Index: o.at, Scale: 1}, r)
		}
		o.Label(added)
		stored := fmt.Sprintf("active%d%s", j, suffix)
		o.CMPL(o.slot("slope"), operand.U32(math.Float32bits(1)))
		o.JE(operand.LabelRef(stored))
		for _, r := range y {
			o.leaky(r, o.slope, o.limit)
		}
		o.Label(stored)
		for i, r := range y {
			o.MOVQ(o.yp.Offset(8*(i*out+j)), p)
			to := operand.Mem{Base: p, Index: o.at, Scale: 1}
			if o.mask == nil {
				o.VMOVUPS(r, to)
			} else {
				o.storeMasked(r, o.mask, to)
			}
		}
	}
}

// addResidual adds the vector at from to r.
func (o *winoOutputs) addResidual(from operand.Mem, r reg.VecVirtual) {
	if o.mask == nil {
		o.VADDPS(from, r, r)
		return
	}
	v := o.vec()
	o.loadMasked(from, o.mask, v)
	o.VADDPS(v, r, r)
}
