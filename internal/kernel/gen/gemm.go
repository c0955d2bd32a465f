package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// cacheLine is the number of bytes that memory moves at a time.
const cacheLine = 64

// unroll is the number of channels per turn of the innermost loop.
const unroll = 4

// aheadBytes is how far in front of their use weights are asked for, in bytes: what prefetches on its own stops
// at the end of every page.
const aheadBytes = 2048

// shortRows is the rows of the tiles for the rows that fill no whole tile: as few as still keep two units busy.
const shortRows = 4

// peak is a loop of nothing but independent multiply-adds: the machine's ceiling.
func (m machine) peak() {
	const chains = 12
	m.function("FMAPeak", "(n int)",
		fmt.Sprintf("runs n rounds of %d independent vector multiply-adds: the ceiling that benchmarks compare with.", chains))
	n := m.load("n")
	x := m.zero()
	var acc []reg.VecVirtual
	for range chains {
		acc = append(acc, m.zero())
	}
	m.Label("loop")
	for _, a := range acc {
		m.VFMADD231PS(x, x, a)
	}
	m.DECQ(n)
	m.JNZ(operand.LabelRef("loop"))
	m.end()
}

// tile is the register tile of gemm while it is generated: acc[set][row][vector].
type tile struct {
	machine
	nv    int
	acc   [][][]reg.VecVirtual
	rows  []reg.GPVirtual // end of the current tap's activations, per row
	k     reg.Register    // bytes from the end, rising to 0
	w     reg.GPVirtual   // next weights
	next  reg.GPVirtual   // weights of the next panel that are fetched ahead
	off   reg.GPVirtual
	y     string      // parameter: where the tile is stored
	left  operand.Mem // rows still to do, this tile's included
	whole bool        // there are only whole tiles
}

// gemm generates the kernel of every matrix product: convolution by offsets, 1x1, linear, Winograd.
//
//	y[i][0:cols] = act(bias + sum over t < taps, c < cin of x[off[i][t] + c] * w[t][c] + res[i])
//
// A tile of rows x nv vectors stays in registers over all taps and channels. One step of c loads nv
// vectors of weights and broadcasts one activation per row: rows*nv multiply-adds for rows+nv
// loads. sets > 1 spreads successive c over several accumulators per element, added at the end:
// with few vectors per tile a single one would wait for the latency of its own multiply-add.
func (m machine) gemm(sets, nv int) {
	n := nv * m.lanes
	m.function(fmt.Sprintf("gemm%dx%d", m.rows, n),
		"(m, taps, cin int, off *int32, x, zero, w, y *float32, ldy, cols int, bias, res *float32, slope float32, stride int)",
		fmt.Sprintf("computes m rows of up to %d columns of y, ldy elements apart, %d rows at a time:", n, m.rows),
		"y[i][j] = act(bias[j] + sum over t<taps, c<cin of x[off[i/R][t][i%R]+c]*w[t][c][j] + res[i][j]),",
		fmt.Sprintf("R = %d. An offset below 0 stands for the row zero (cin zeros). off has whole tiles. w and bias have", m.rows),
		fmt.Sprintf("%d columns, y and res cols (1..%d). res may be nil or y. act(v) = v<0 ? slope*v : v. Where there are two", n, n),
		fmt.Sprintf("vectors, what follows w is fetched ahead, stride bytes per %d channels of a tap.", unroll))
	g := &tile{machine: m, nv: nv, y: "y", left: m.slot("m")}
	g.off = g.load("off")
	g.w, g.k, g.next = g.GP64(), g.GP64(), g.GP64()
	g.accumulators(sets)
	for range m.rows {
		g.rows = append(g.rows, m.GP64())
	}
	if g.ahead() {
		g.nextPanel()
	}
	g.Label("tile")
	g.start()
	g.prefetch()
	g.sum()
	g.merge()
	g.residual()
	g.activate()
	g.store()
	g.SUBQ(number(m.rows), g.left)
	g.JG(operand.LabelRef("tile"))
	g.end()
}

// ahead is whether weights are fetched ahead. A tile of one vector is busy loading as it is, and its panel is
// the last one and small.
func (g *tile) ahead() bool { return g.nv > 1 }

// linesAhead is the lines of the next panel that are asked for in each turn. With 8 lanes a turn is so short that
// more of them cost more than they bring.
func (g *tile) linesAhead() int {
	if g.manyVectors() {
		return unroll
	}
	return 1
}

// accumulators allocates the sets of accumulators.
func (g *tile) accumulators(sets int) {
	for range sets {
		var set [][]reg.VecVirtual
		for range g.machine.rows {
			var row []reg.VecVirtual
			for range g.nv {
				row = append(row, g.vec())
			}
			set = append(set, row)
		}
		g.acc = append(g.acc, set)
	}
}

// start sets the accumulators to the bias.
func (g *tile) start() {
	g.Load(g.Param("w"), g.w)
	bias := g.load("bias")
	for s, set := range g.acc {
		for i, row := range set {
			for j, a := range row {
				switch {
				case s > 0:
					g.VXORPS(a, a, a)
				case i > 0:
					g.VMOVAPS(set[0][j], a)
				default:
					g.VMOVUPS(operand.Mem{Base: bias, Disp: j * g.bytes()}, a)
				}
			}
		}
	}
}

// prefetch asks for the lines of the residual that the tile will add: its rows are far apart, which no
// processor foresees, and all at once at the tile's end they would be waited for. Rows past the last are asked
// for, too, which does no harm.
func (g *tile) prefetch() {
	res := g.load("res")
	g.TESTQ(res, res)
	g.JZ(operand.LabelRef("prefetched"))
	pitch := g.pitchY()
	for range g.machine.rows {
		for at := 0; at < g.nv*g.bytes(); at += cacheLine {
			g.PREFETCHT0(operand.Mem{Base: res, Disp: at})
		}
		g.ADDQ(pitch, res)
	}
	g.Label("prefetched")
}

// nextPanel begins next behind the weights.
func (g *tile) nextPanel() {
	g.Load(g.Param("cin"), g.next)
	g.IMULQ(g.slot("taps"), g.next)
	g.SHLQ(operand.Imm(uint64(bits.TrailingZeros(uint(g.nv*g.bytes())))), g.next)
	g.ADDQ(g.slot("w"), g.next)
}

// sum runs over the taps and channels.
func (g *tile) sum() {
	taps := g.load("taps")
	g.Label("tap")
	g.Comment("k = -4*cin; row pointers to the end of each row's channels, offsets below 0 to the zero row")
	g.Load(g.Param("cin"), g.k)
	g.SHLQ(operand.Imm(2), g.k)
	g.NEGQ(g.k)
	x, zero := g.load("x"), g.load("zero")
	for i, r := range g.rows {
		g.MOVLQSX(operand.Mem{Base: g.off, Disp: 4 * i}, r)
		g.TESTQ(r, r)
		g.LEAQ(operand.Mem{Base: x, Index: r, Scale: 4}, r)
		g.CMOVQLT(zero, r)
		g.SUBQ(g.k, r)
	}
	g.ADDQ(number(4*g.machine.rows), g.off)
	wide := operand.Imm(4 * unroll)
	g.CMPQ(g.k, operand.I32(-4*unroll))
	g.JG(operand.LabelRef("rest"))
	g.Label("steps")
	for u := range unroll {
		if g.ahead() && u < g.linesAhead() {
			g.PREFETCHT1(operand.Mem{Base: g.next, Disp: u * cacheLine})
		}
		g.step(u)
	}
	if g.ahead() {
		g.ADDQ(g.slot("stride"), g.next)
	}
	g.ADDQ(operand.U32(uint32(unroll*g.nv*g.bytes())), g.w)
	g.ADDQ(wide, g.k)
	g.CMPQ(g.k, operand.I32(-4*unroll))
	g.JLE(operand.LabelRef("steps"))
	g.Label("rest")
	g.TESTQ(g.k, g.k)
	g.JZ(operand.LabelRef("tapend"))
	g.Label("single")
	g.step(0)
	g.ADDQ(operand.U32(uint32(g.nv*g.bytes())), g.w)
	g.ADDQ(operand.Imm(4), g.k)
	g.JNZ(operand.LabelRef("single"))
	g.Label("tapend")
	g.DECQ(taps)
	g.JNZ(operand.LabelRef("tap"))
}

// step is one channel: acc[i][j] += x[i] * w[j].
func (g *tile) step(u int) {
	set, w := g.acc[u%len(g.acc)], g.weights(u)
	for i, r := range g.rows {
		x := g.vec()
		g.VBROADCASTSS(operand.Mem{Base: r, Index: g.k, Scale: 1, Disp: 4 * u}, x)
		for j := range w {
			g.VFMADD231PS(w[j], x, set[i][j])
		}
	}
}

// weights loads the weights of channel u from the current one.
func (g *tile) weights(u int) []reg.VecVirtual {
	w := make([]reg.VecVirtual, g.nv)
	for j := range w {
		w[j] = g.vec()
		at := (u*g.nv + j) * g.bytes()
		g.VMOVUPS(operand.Mem{Base: g.w, Disp: at}, w[j])
		if at%cacheLine == 0 && g.ahead() {
			g.PREFETCHT0(operand.Mem{Base: g.w, Disp: at + aheadBytes})
		}
	}
	return w
}

// merge adds the sets of accumulators into the first.
func (g *tile) merge() {
	for _, set := range g.acc[1:] {
		for i, row := range set {
			for j, a := range row {
				g.VADDPS(a, g.acc[0][i][j], g.acc[0][i][j])
			}
		}
	}
}

// pitchY loads the distance of two rows of y in bytes.
func (g *tile) pitchY() reg.GPVirtual {
	p := g.load("ldy")
	g.SHLQ(operand.Imm(2), p)
	return p
}

// ifPartial jumps to label unless the tile has all rows and columns.
func (g *tile) ifPartial(label string) {
	g.CMPQ(g.left, number(g.machine.rows))
	g.JL(operand.LabelRef(label))
	g.CMPQ(g.slot("cols"), number(g.nv*g.lanes))
	g.JNE(operand.LabelRef(label))
}

// masks loads the lane masks of the valid columns, one per vector: cols of the vectors before it are taken
// off, and what is left is clamped to 0..lanes.
func (g *tile) masks() []reg.VecVirtual {
	limit, cols := g.GP64(), g.GP64()
	var masks []reg.VecVirtual
	for j := range g.nv {
		g.Load(g.Param("cols"), cols)
		if j > 0 {
			g.SUBQ(number(j*g.lanes), cols)
		}
		g.XORQ(limit, limit)
		g.TESTQ(cols, cols)
		g.CMOVQLT(limit, cols)
		g.MOVQ(operand.U32(uint32(g.lanes)), limit)
		g.CMPQ(cols, limit)
		g.CMOVQGT(limit, cols)
		g.NEGQ(cols)
		g.SHLQ(operand.Imm(2), cols)
		masks = append(masks, g.firstLanes(cols))
	}
	return masks
}

// residual adds res, if there is one, and moves it to the next tile.
func (g *tile) residual() {
	res := g.load("res")
	g.TESTQ(res, res)
	g.JZ(operand.LabelRef("act"))
	g.addTile(res, "added")
	g.Label("added")
	g.MOVQ(res, g.slot("res"))
	g.Label("act")
}

// addTile adds the tile at from to the first accumulators and moves from to the next one, then goes on
// at label done, which follows. from is of no use after the last tile.
func (g *tile) addTile(from reg.GPVirtual, done string) {
	pitch := g.pitchY()
	if !g.whole {
		g.ifPartial("addpart")
	}
	for _, row := range g.acc[0] {
		for j, a := range row {
			g.VADDPS(operand.Mem{Base: from, Disp: j * g.bytes()}, a, a)
		}
		g.ADDQ(pitch, from)
	}
	if g.whole {
		return
	}
	g.JMP(operand.LabelRef(done))
	g.Label("addpart")
	masks := g.masks()
	v := g.vec()
	for i, row := range g.acc[0] {
		for j, a := range row {
			g.loadMasked(operand.Mem{Base: from, Disp: j * g.bytes()}, masks[j], v)
			g.VADDPS(v, a, a)
		}
		g.ADDQ(pitch, from)
		if i+1 < g.machine.rows {
			g.CMPQ(g.left, number(i+1))
			g.JLE(operand.LabelRef(done))
		}
	}
}

// activate multiplies what is negative by slope.
func (g *tile) activate() {
	g.CMPL(g.slot("slope"), operand.U32(0x3f800000))
	g.JE(operand.LabelRef("store"))
	limit, slope := g.lowest(g.slot("slope")), g.vec()
	g.VBROADCASTSS(g.slot("slope"), slope)
	for _, row := range g.acc[0] {
		for _, a := range row {
			g.leaky(a, slope, limit)
		}
	}
}

// store writes the tile and moves y to the next one.
func (g *tile) store() {
	g.Label("store")
	pitch, y := g.pitchY(), g.load(g.y)
	if !g.whole {
		g.ifPartial("storepart")
	}
	for _, row := range g.acc[0] {
		for j, a := range row {
			g.VMOVUPS(a, operand.Mem{Base: y, Disp: j * g.bytes()})
		}
		g.ADDQ(pitch, y)
	}
	g.MOVQ(y, g.slot(g.y))
	if g.whole {
		return
	}
	g.JMP(operand.LabelRef("next"))
	g.Label("storepart")
	masks := g.masks()
	for i, row := range g.acc[0] {
		for j, a := range row {
			g.storeMasked(a, masks[j], operand.Mem{Base: y, Disp: j * g.bytes()})
		}
		g.ADDQ(pitch, y)
		if i+1 < g.machine.rows {
			g.CMPQ(g.left, number(i+1))
			g.JLE(operand.LabelRef("next"))
		}
	}
	g.MOVQ(y, g.slot(g.y))
	g.Label("next")
}
