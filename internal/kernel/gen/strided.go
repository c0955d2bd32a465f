package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unrollStrided is the number of channels per turn of the innermost loop of stridedRows.
const unrollStrided = 8

// stridedTile is the register tile of stridedRows while it is generated.
type stridedTile struct {
	*tile
	panels int
	bases  []reg.GPVirtual // of three rows each
	pitch  reg.GPVirtual   // bytes from row to row of x
	panel  reg.GPVirtual   // bytes from panel to panel
	also   reg.GPVirtual   // what else is fetched ahead
}

// stridedRows generates the matrix product of equally spaced rows: of 1x1 convolutions and of Winograd's places.
// Addresses need no table, so that a machine with 32 vector registers has tiles of 28 sums: TResNet's images
// have sides of 7, 14, 28 or 56 pixels. With two panels at a time the rows are few enough for the eight ways of
// a cache where they are a multiple of 4 kB apart, and x comes from the caches half as often.
//
// A tile of one vector has its activations as operands of the multiply-adds in memory, one for each: so it loads
// hardly more often than it can compute.
func (m machine) stridedRows(panels, vectors int) {
	m.rows = 14 / panels
	n := panels * vectors * m.lanes
	m.function(fmt.Sprintf("rows%dx%d", m.rows, n),
		"(m, cin int, x *float32, pitch int, w, y *float32, ldy, cols int, bias, res *float32, slope float32, stride int, also *float32, step int)",
		fmt.Sprintf("computes m rows, a multiple of %d, of %d columns of y, ldy elements apart:", m.rows, n),
		"y[i][j] = act(bias[j] + sum over c<cin of x[i*pitch+c]*w[c][j] + res[i][j]).",
		fmt.Sprintf("w is packed in panels of %d columns. res may be nil or y. act(v) = v<0 ? slope*v : v.", vectors*m.lanes),
		fmt.Sprintf("What follows two vectors of w is fetched ahead, stride bytes per %d channels, and from also on step bytes.", unrollStrided),
		"cols is the number of columns that y and res have, of one panel; two must be whole.")
	g := &stridedTile{tile: &tile{machine: m, nv: panels * vectors, y: "y", left: m.slot("m"), whole: panels > 1}, panels: panels}
	g.w, g.next, g.pitch, g.panel = g.GP64(), g.GP64(), g.load("pitch"), g.load("cin")
	g.SHLQ(operand.Imm(2), g.pitch)
	g.SHLQ(operand.Imm(uint64(bits.TrailingZeros(uint(vectors*g.bytes())))), g.panel)
	g.accumulators(1)
	for range (m.rows + 2) / 3 {
		g.bases = append(g.bases, m.GP64())
	}
	g.Load(g.Param("w"), g.next)
	for range panels {
		g.ADDQ(g.panel, g.next)
	}
	g.also = g.load("also")
	g.Label("tile")
	g.start()
	g.sum()
	g.residual()
	g.activate()
	g.store()
	rows := g.GP64()
	g.IMUL3Q(operand.Imm(uint64(m.rows)), g.pitch, rows)
	g.ADDQ(rows, g.slot("x"))
	g.SUBQ(number(m.rows), g.left)
	g.JG(operand.LabelRef("tile"))
	g.end()
}

// sum runs over the channels.
func (g *stridedTile) sum() {
	k, three := g.GP64(), g.GP64()
	g.Load(g.Param("cin"), k)
	g.LEAQ(operand.Mem{Base: g.pitch, Index: g.pitch, Scale: 2}, three)
	g.Load(g.Param("x"), g.bases[0])
	for i, b := range g.bases[1:] {
		g.LEAQ(operand.Mem{Base: g.bases[i], Index: three, Scale: 1}, b)
	}
	out := g.outputs()
	g.SUBQ(operand.Imm(unrollStrided), k)
	g.JL(operand.LabelRef("rest"))
	g.Label("steps")
	out.fetch(g)
	g.PREFETCHT1(operand.Mem{Base: g.also})
	g.ADDQ(g.slot("step"), g.also)
	for u := range unrollStrided {
		if g.ahead() {
			g.PREFETCHT1(operand.Mem{Base: g.next, Disp: u * cacheLine})
		}
		g.step(u)
	}
	if g.ahead() {
		g.ADDQ(g.slot("stride"), g.next)
	}
	g.advance(unrollStrided)
	g.SUBQ(operand.Imm(unrollStrided), k)
	g.JGE(operand.LabelRef("steps"))
	g.Label("rest")
	g.ADDQ(operand.Imm(unrollStrided), k)
	g.JZ(operand.LabelRef("summed"))
	g.Label("single")
	g.step(0)
	g.advance(1)
	g.DECQ(k)
	g.JNZ(operand.LabelRef("single"))
	g.Label("summed")
}

// outputAhead fetches the lines that a tile will write and those of the residual that it will add, some of them
// in each turn of the loop: many pixels of many channels do not stay in the caches from one layer to the next,
// and all at once they would be waited for.
type outputAhead struct{ y, res, last, pitch reg.GPVirtual }

func (g *stridedTile) outputs() outputAhead {
	o := outputAhead{y: g.load("y"), res: g.load("res"), pitch: g.pitchY(), last: g.GP64()}
	g.TESTQ(o.res, o.res)
	g.CMOVQEQ(o.y, o.res)
	g.IMUL3Q(operand.Imm(uint64(g.machine.rows-g.rowsPerTurn())), o.pitch, o.last)
	g.ADDQ(o.y, o.last)
	return o
}

// rowsPerTurn is such that 56 channels are enough to fetch all rows.
func (g *stridedTile) rowsPerTurn() int { return g.machine.rows / 7 }

func (o outputAhead) fetch(g *stridedTile) {
	for range g.rowsPerTurn() {
		for at := 0; at < g.nv*g.bytes(); at += cacheLine {
			g.PREFETCHT0(operand.Mem{Base: o.y, Disp: at})
			g.PREFETCHT0(operand.Mem{Base: o.res, Disp: at})
		}
		g.ADDQ(o.pitch, o.y)
		g.ADDQ(o.pitch, o.res)
	}
	g.Comment("not beyond the last row; there res stays where it was")
	back := g.GP64()
	g.MOVQ(o.res, back)
	for range g.rowsPerTurn() {
		g.SUBQ(o.pitch, back)
	}
	g.CMPQ(o.y, o.last)
	g.CMOVQGT(back, o.res)
	g.CMOVQGT(o.last, o.y)
}

// step is one channel. A tile of four vectors leaves three registers for weights: the last ones come from the
// first level cache for each row.
func (g *stridedTile) step(u int) {
	perPanel, held := g.nv/g.panels, min(g.nv, 3)
	at := func(j int) operand.Mem {
		w := operand.Mem{Base: g.w, Disp: (u*perPanel + j%perPanel) * g.bytes()}
		if j >= perPanel {
			w.Index, w.Scale = g.panel, 1
		}
		return w
	}
	w := g.loadAll(held, at)
	if g.ahead() {
		for j := range g.nv {
			m := at(j)
			g.PREFETCHT0(m.Offset(aheadBytes))
		}
	}
	for i, row := range g.acc[0] {
		from := operand.Mem{Base: g.bases[i/3], Disp: 4 * u}
		if i%3 > 0 {
			from.Index, from.Scale = g.pitch, uint8(i%3)
		}
		if g.nv == 1 {
			g.VFMADD231PS_BCST(from, w[0], row[0])
			continue
		}
		x := g.vec()
		g.VBROADCASTSS(from, x)
		for j, a := range row {
			if j < held {
				g.VFMADD231PS(w[j], x, a)
			} else {
				g.VFMADD231PS(at(j), x, a)
			}
		}
	}
}

// advance moves on by n channels.
func (g *stridedTile) advance(n int) {
	for _, b := range g.bases {
		g.ADDQ(number(4*n), b)
	}
	g.ADDQ(operand.U32(uint32(n*g.nv/g.panels*g.bytes())), g.w)
}
