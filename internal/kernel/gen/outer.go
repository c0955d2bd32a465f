package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// outer generates the kernel of weight gradients, a sum of outer products over pixels:
//
//	c[i][0:cols] (+)= sum over r < rows, k < width of x[off[r] + k*xstep + i] * dy[(r*width + k)*dystep]
//
// A tile of rows x nv vectors of c stays in registers. A pixel costs nv loads of dy and one broadcast of x
// per row, all from one pointer. Successive pixels alternate between sets.
func (m machine) outer(sets, nv int) {
	n := nv * m.lanes
	m.function(fmt.Sprintf("outer%dx%d", m.rows, n),
		"(m, rows, width int, off *int32, x *float32, xstep, tilestep int, dy *float32, dystep int, c *float32, ldy, cols, first int)",
		fmt.Sprintf("computes m rows of up to %d columns of c, ldy elements apart, %d rows at a time:", n, m.rows),
		"c[i][j] = (first != 0 ? 0 : c[i][j]) + sum over r<rows, k<width of",
		fmt.Sprintf("x[i/R*tilestep+off[r]+k*xstep+i%%R]*dy[(r*width+k)*dystep+j], R = %d. x has whole tiles, dy %d columns,", m.rows, n),
		fmt.Sprintf("c cols (1..%d). rows and width are at least 1.", n))
	g := &tile{machine: m, nv: nv, y: "c", left: m.slot("m")}
	g.w = g.GP64()
	x := g.GP64()
	g.rows = []reg.GPVirtual{x}
	g.accumulators(sets)
	xstep, dystep := g.load("xstep"), g.load("dystep")
	g.SHLQ(operand.Imm(2), xstep)
	g.SHLQ(operand.Imm(2), dystep)
	g.Label("tile")
	g.prefetchSums()
	for _, set := range g.acc {
		for _, row := range set {
			for _, a := range row {
				g.VXORPS(a, a, a)
			}
		}
	}
	g.Load(g.Param("dy"), g.w)
	off, rows, k := g.load("off"), g.load("rows"), g.GP64()
	base := g.load("x")
	g.Label("row")
	g.MOVLQSX(operand.Mem{Base: off}, x)
	g.LEAQ(operand.Mem{Base: base, Index: x, Scale: 4}, x)
	g.ADDQ(operand.Imm(4), off)
	g.Load(g.Param("width"), k)
	g.SUBQ(operand.Imm(2), k)
	g.JL(operand.LabelRef("single"))
	g.Label("steps")
	g.pixel(0, operand.Mem{Base: x}, operand.Mem{Base: g.w})
	g.pixel(1, operand.Mem{Base: x, Index: xstep, Scale: 1}, operand.Mem{Base: g.w, Index: dystep, Scale: 1})
	g.LEAQ(operand.Mem{Base: x, Index: xstep, Scale: 2}, x)
	g.LEAQ(operand.Mem{Base: g.w, Index: dystep, Scale: 2}, g.w)
	g.SUBQ(operand.Imm(2), k)
	g.JGE(operand.LabelRef("steps"))
	g.Label("single")
	g.CMPQ(k, operand.I32(-2))
	g.JE(operand.LabelRef("rowend"))
	g.pixel(0, operand.Mem{Base: x}, operand.Mem{Base: g.w})
	g.ADDQ(dystep, g.w)
	g.Label("rowend")
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.merge()
	g.CMPQ(g.slot("first"), operand.Imm(0))
	g.JNE(operand.LabelRef("summed"))
	g.Comment("the sum so far is added last: blocked summation, and its loads need not wait")
	g.addTile(g.load(g.y), "summed")
	g.Label("summed")
	step := g.load("tilestep")
	g.LEAQ(operand.Mem{Base: base, Index: step, Scale: 4}, base)
	g.MOVQ(base, g.slot("x"))
	g.store()
	g.SUBQ(number(m.rows), g.left)
	g.JG(operand.LabelRef("tile"))
	g.end()
}

// prefetchSums asks for the lines of c that the tile will add to: its rows are far apart, which no processor
// foresees, and at the tile's end they would be waited for. Rows past the last are asked for, too.
func (g *tile) prefetchSums() {
	c, pitch := g.load(g.y), g.pitchY()
	for range g.machine.rows {
		for at := 0; at < g.nv*g.bytes(); at += cacheLine {
			g.PREFETCHT0(operand.Mem{Base: c, Disp: at})
		}
		g.ADDQ(pitch, c)
	}
}

// pixel does one pixel: acc[i][j] += x[i] * dy[j].
func (g *tile) pixel(u int, x, dy operand.Mem) {
	w := g.loadAll(g.nv, func(j int) operand.Mem { return dy.Offset(j * g.bytes()) })
	for i, row := range g.acc[u%len(g.acc)] {
		b := g.vec()
		g.VBROADCASTSS(x.Offset(4*i), b)
		for j := range w {
			g.VFMADD231PS(w[j], b, row[j])
		}
	}
}
