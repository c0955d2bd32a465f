package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// outer generates the kernel of weight gradients, a sum of outer products over pixels:
//
//	c[i][0:cols] (+)= sum over r < rows, k < width of x[off[r] + k][i] * dy[r*width + k]
//
// Rows i come in tiles whose x is packed pixel by pixel, so that one pointer serves all broadcasts
// of a tile; dy is packed to the width of the tile. Successive pixels alternate between sets.
func (m machine) outer(sets, nv int) {
	n := nv * m.lanes
	m.function(fmt.Sprintf("outer%dx%d", m.rows, n),
		"(m, rows, width int, off *int32, x *float32, tilestep int, dy, c *float32, ldy, cols, first int)",
		fmt.Sprintf("computes m rows of up to %d columns of c, ldy elements apart, %d rows at a time:", n, m.rows),
		"c[i][j] = (first != 0 ? 0 : c[i][j]) + sum over r<rows, k<width of x[i/R*tilestep+off[r]+k*R+i%R]*dy[r*width+k][j],",
		fmt.Sprintf("R = %d. dy has %d columns, c cols (1..%d). rows and width are at least 1.", m.rows, n, n))
	g := &tile{machine: m, nv: nv}
	g.y, g.left = g.load("c"), g.load("m")
	g.w = g.GP64()
	x := g.GP64()
	g.rows = []reg.GPVirtual{x}
	g.accumulators(sets)
	g.Label("tile")
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
	const unroll = 2
	g.SUBQ(operand.Imm(unroll), k)
	g.JL(operand.LabelRef("single"))
	g.Label("steps")
	g.pixels(unroll)
	g.SUBQ(operand.Imm(unroll), k)
	g.JGE(operand.LabelRef("steps"))
	g.Label("single")
	g.CMPQ(k, operand.I32(-unroll))
	g.JE(operand.LabelRef("rowend"))
	g.pixels(1)
	g.Label("rowend")
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.merge()
	g.CMPQ(g.slot("first"), operand.Imm(0))
	g.JNE(operand.LabelRef("summed"))
	g.Comment("the sum so far is added last: blocked summation, and its loads need not wait")
	c := g.GP64()
	g.MOVQ(g.y, c)
	g.addTile(c, "summed")
	g.Label("summed")
	step := g.load("tilestep")
	g.LEAQ(operand.Mem{Base: base, Index: step, Scale: 4}, base)
	g.MOVQ(base, g.slot("x"))
	g.store()
	g.SUBQ(operand.Imm(uint64(m.rows)), g.left)
	g.JG(operand.LabelRef("tile"))
	g.end()
}

// pixels does n pixels: acc[i][j] += x[i] * dy[j].
func (g *tile) pixels(n int) {
	x := g.rows[0]
	for u := range n {
		dy := make([]reg.VecVirtual, g.nv)
		for j := range dy {
			dy[j] = g.vec()
			g.VMOVUPS(operand.Mem{Base: g.w, Disp: (u*g.nv + j) * g.bytes()}, dy[j])
		}
		for i, row := range g.acc[u%len(g.acc)] {
			b := g.vec()
			g.VBROADCASTSS(operand.Mem{Base: x, Disp: 4 * (u*g.machine.rows + i)}, b)
			for j := range dy {
				g.VFMADD231PS(dy[j], b, row[j])
			}
		}
	}
	g.ADDQ(operand.U32(uint32(n*g.nv*g.bytes())), g.w)
	g.ADDQ(operand.U32(uint32(4*n*g.machine.rows)), x)
}
