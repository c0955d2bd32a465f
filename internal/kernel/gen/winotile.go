package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileTransform is a transform of side x side pixels to places x places: once in one piece, for a line of
// values, and once in parts that need some of the values only, for machines that hold a tile's places in
// registers.
type tileTransform struct {
	side, places int
	out          int // pixels from one tile to the next
	whole        func(d []reg.VecVirtual, emit func(i int, v reg.VecVirtual))
	parts        []transformPart
}

// transformPart computes the values out of the transform from the values in, which it may overwrite.
type transformPart struct {
	in, out []int
	combine func(d []reg.VecVirtual) []reg.VecVirtual
}

// winoInput generates the transform of input tiles, winoGrad that of the gradient's tiles.
func (m machine) winoInput() {
	m.transformTiles("winoInput", tileTransform{side: 6, places: 6, out: 4, whole: m.inputTransform, parts: []transformPart{
		{[]int{4, 0, 2}, []int{0}, func(d []reg.VecVirtual) []reg.VecVirtual {
			return []reg.VecVirtual{m.fusedMulSub(5, d[2], m.more(4, d[1], d[0]))}
		}},
		{[]int{1, 2, 3, 4}, []int{1, 2}, func(d []reg.VecVirtual) []reg.VecVirtual {
			even, odd := m.fusedMulSub(4, d[1], d[3]), m.fusedMulSub(4, d[0], d[2])
			return []reg.VecVirtual{m.addOf(even, odd), m.subOf(even, odd)}
		}},
		{[]int{1, 2, 3, 4}, []int{3, 4}, func(d []reg.VecVirtual) []reg.VecVirtual {
			odd, even := m.subOf(d[2], d[0]), m.subOf(d[3], d[1])
			return []reg.VecVirtual{m.plus(2, odd, even), m.fusedMulSub(2, odd, even)}
		}},
		{[]int{5, 1, 3}, []int{5}, func(d []reg.VecVirtual) []reg.VecVirtual {
			return []reg.VecVirtual{m.fusedMulSub(5, d[2], m.more(4, d[1], d[0]))}
		}},
	}})
	m.transformTiles("winoGrad", tileTransform{side: 4, places: 6, out: 4, whole: m.gradTransform, parts: []transformPart{
		{[]int{0}, []int{0}, func(d []reg.VecVirtual) []reg.VecVirtual { return d }},
		{[]int{0, 1, 2, 3}, []int{1, 2}, func(d []reg.VecVirtual) []reg.VecVirtual {
			even, odd := m.addOf(d[0], d[2]), m.addOf(d[1], d[3])
			return []reg.VecVirtual{m.addOf(even, odd), m.subOf(even, odd)}
		}},
		{[]int{0, 1, 2, 3}, []int{3, 4}, func(d []reg.VecVirtual) []reg.VecVirtual {
			even, odd := m.more(4, d[2], d[0]), m.more(4, d[3], d[1])
			return []reg.VecVirtual{m.plus(2, odd, even), m.fusedMulSub(2, odd, even)}
		}},
		{[]int{3}, []int{5}, func(d []reg.VecVirtual) []reg.VecVirtual { return d }},
	}})
}

// winoInput2 generates the transform of small input tiles:
//
//	1 0 -1 0 | 0 1 1 0 | 0 -1 1 0 | 0 1 0 -1
func (m machine) winoInput2() {
	first := transformPart{[]int{0, 2}, []int{0}, func(d []reg.VecVirtual) []reg.VecVirtual {
		return []reg.VecVirtual{m.subOf(d[0], d[1])}
	}}
	middle := transformPart{[]int{1, 2}, []int{1, 2}, func(d []reg.VecVirtual) []reg.VecVirtual {
		return []reg.VecVirtual{m.addOf(d[0], d[1]), m.subOf(d[1], d[0])}
	}}
	last := transformPart{[]int{1, 3}, []int{3}, first.combine}
	parts := []transformPart{first, middle, last}
	m.transformTiles("winoInput2", tileTransform{side: 4, places: 4, out: 2, parts: parts, whole: func(d []reg.VecVirtual, emit func(i int, v reg.VecVirtual)) {
		for _, p := range parts {
			for k, v := range p.combine([]reg.VecVirtual{d[p.in[0]], d[p.in[1]]}) {
				emit(p.out[k], v)
			}
		}
	}})
}

// transformTiles generates a transform of tiles.
func (m machine) transformTiles(name string, t tileTransform) {
	m.function(name, "(c int, x, zero *float32, at *int32, v *float32, plane int, scratch *float32)",
		fmt.Sprintf("transforms a %dx%d tile of x, c channels, to v: channel j of place p is v[p*plane+j].", t.side, t.side),
		fmt.Sprintf("at has the %d offsets of the tile's lines (%d: outside), then a mask for each of its %d columns:", t.side, outside, t.side),
		fmt.Sprintf("-1 inside, 0 outside, where x counts as 0. c is at least %d; zero has %d*c zeros;", m.lanes, t.side),
		fmt.Sprintf("scratch has %d elements.", m.wholeVectors(8*t.side*t.side)/4+t.places*t.side*m.lanes))
	if m.manyVectors() {
		m.tilesInRegisters(t)
	} else {
		m.tilesInScratch(t)
	}
	m.end()
}

// outside is the offset of a tile's line that lies outside the image.
const outside = math.MinInt32

// line loads the pointer to line i of a tile: to zeros where it lies outside.
func (m machine) line(at operand.Mem, i int, x, zero reg.GPVirtual) reg.GPVirtual {
	p := m.GP64()
	m.MOVLQSX(at.Offset(4*i), p)
	m.CMPQ(p, operand.I32(outside))
	m.LEAQ(operand.Mem{Base: x, Index: p, Scale: 4}, p)
	m.CMOVQEQ(zero, p)
	return p
}

// steps holds odd multiples of a distance: what addresses need for six places that far apart.
type steps struct{ one, three, five reg.GPVirtual }

func (m machine) stepsOf(one reg.GPVirtual) steps {
	s := steps{one, m.GP64(), m.GP64()}
	m.LEAQ(operand.Mem{Base: one, Index: one, Scale: 2}, s.three)
	m.LEAQ(operand.Mem{Base: one, Index: one, Scale: 4}, s.five)
	return s
}

// from is place i of six.
func (s steps) from(base reg.Register, i int) operand.Mem {
	return [6]operand.Mem{
		{Base: base},
		{Base: base, Index: s.one, Scale: 1},
		{Base: base, Index: s.one, Scale: 2},
		{Base: base, Index: s.three, Scale: 1},
		{Base: base, Index: s.one, Scale: 4},
		{Base: base, Index: s.five, Scale: 1},
	}[i]
}

// line is where the next line of n places begins, 4 or 6.
func (s steps) line(base reg.Register, n int) operand.Mem {
	if n == 4 {
		return operand.Mem{Base: base, Index: s.one, Scale: 4}
	}
	return operand.Mem{Base: base, Index: s.three, Scale: 2}
}

// tilesInScratch works along the columns into scratch, then along the lines.
func (m machine) tilesInScratch(t tileTransform) {
	side := t.side
	c, plane := m.load("c"), m.load("plane")
	m.SHLQ(operand.Imm(2), c)
	m.SHLQ(operand.Imm(2), plane)
	pointers := operand.Mem{Base: m.load("scratch")}
	x, zero, table := m.load("x"), m.load("zero"), operand.Mem{Base: m.load("at")}
	for i := range side {
		line, p := m.line(table, i, x, zero), m.GP64()
		for j := range side {
			m.MOVQ(line, p)
			m.CMPL(table.Offset(4*(side+j)), operand.Imm(0))
			m.CMOVQEQ(zero, p)
			m.MOVQ(p, pointers.Offset(8*(i*side+j)))
			m.ADDQ(c, line)
		}
	}
	scratch := pointers.Offset(m.wholeVectors(8 * side * side))
	places := m.stepsOf(plane)
	at, to, p := m.GP64(), m.GP64(), m.GP64()
	m.XORQ(at, at)
	m.Label("vector")
	for j := range side {
		d := m.loadAll(side, func(i int) operand.Mem {
			m.MOVQ(pointers.Offset(8*(i*side+j)), p)
			return operand.Mem{Base: p, Index: at, Scale: 1}
		})
		t.whole(d, func(i int, v reg.VecVirtual) { m.VMOVUPS(v, scratch.Offset(m.bytes()*(i*side+j))) })
	}
	m.Load(m.Param("v"), to)
	m.ADDQ(at, to)
	for i := range t.places {
		d := m.loadAll(side, func(j int) operand.Mem { return scratch.Offset(m.bytes() * (i*side + j)) })
		t.whole(d, func(j int, v reg.VecVirtual) { m.VMOVUPS(v, places.from(to, j)) })
		m.LEAQ(places.line(to, t.places), to)
	}
	m.nextVector(at, c)
}

// tilesInRegisters computes one or two lines of places at a time, from the pixels again each time: they come
// from the first level cache, and nothing waits for scratch to be written. Columns outside are masked.
func (m machine) tilesInRegisters(t tileTransform) {
	x, zero, table := m.load("x"), m.load("zero"), operand.Mem{Base: m.load("at")}
	var lines []reg.GPVirtual
	var inside []reg.OpmaskVirtual
	for i := range t.side {
		lines = append(lines, m.line(table, i, x, zero))
		k := m.K()
		m.KMOVW(table.Offset(4*(t.side+i)), k)
		inside = append(inside, k)
	}
	left, plane, channels := m.load("c"), m.load("plane"), m.load("c")
	m.SHLQ(operand.Imm(2), left)
	m.SHLQ(operand.Imm(2), plane)
	m.SHLQ(operand.Imm(2), channels)
	pixels, places := m.stepsOf(channels), m.stepsOf(plane)
	m.Label("vector")
	to := m.load("v")
	for p, part := range t.parts {
		if line := t.side - t.out + p; line < t.side {
			m.fetchTile(lines[line], pixels, t)
		}
		lineOf := make([][]reg.VecVirtual, len(part.out))
		for j := range t.side {
			var d []reg.VecVirtual
			for _, i := range part.in {
				v := m.vec()
				m.VMOVUPS_Z(pixels.from(lines[i], j), inside[j], v)
				d = append(d, v)
			}
			for k, v := range part.combine(d) {
				lineOf[k] = append(lineOf[k], v)
			}
		}
		for _, line := range lineOf {
			t.whole(line, func(j int, v reg.VecVirtual) { m.VMOVUPS(v, places.from(to, j)) })
			m.LEAQ(places.line(to, t.places), to)
		}
	}
	m.Comment("on by a vector, or by what is left, so that the last vector overlaps the one before it")
	on, vector := m.GP64(), m.GP64()
	m.SUBQ(number(m.bytes()), left)
	m.JZ(operand.LabelRef("end"))
	m.MOVQ(operand.U32(uint32(m.bytes())), vector)
	m.MOVQ(vector, on)
	m.CMPQ(left, on)
	m.CMOVQLT(left, on)
	m.CMOVQLT(vector, left)
	for _, line := range lines {
		m.ADDQ(on, line)
	}
	m.ADDQ(on, m.slot("v"))
	m.JMP(operand.LabelRef("vector"))
	m.Label("end")
}

// fetchTile asks for the pixels of a line that the next tile to the right does not share with this one: they are
// spread over as many pages as there are lines, too many for a processor to foresee.
func (m machine) fetchTile(line reg.GPVirtual, pixels steps, t tileTransform) {
	next := m.GP64()
	m.LEAQ(pixels.from(line, t.out), next)
	for i := t.side - t.out; i < t.side; i++ {
		m.PREFETCHT0(pixels.from(next, i))
	}
}

// nextVector moves at on and goes back to label vector until c bytes are done; the last vector
// overlaps the one before it where c is no multiple of the vector.
func (m machine) nextVector(at, c reg.GPVirtual) {
	next := m.GP64()
	m.ADDQ(number(m.bytes()), at)
	m.LEAQ(operand.Mem{Base: at, Disp: m.bytes()}, next)
	m.CMPQ(next, c)
	m.JLE(operand.LabelRef("vector"))
	m.CMPQ(at, c)
	m.JE(operand.LabelRef("end"))
	m.LEAQ(operand.Mem{Base: c, Disp: -m.bytes()}, at)
	m.JMP(operand.LabelRef("vector"))
	m.Label("end")
}
