package simd

import "unsafe"

// product is a product of rows of a table and packed weights, in panels: the operands of gemmFunc and stridedFunc.
type product struct {
	cin     int
	cols    int       // of y; the panels' last columns may be more
	x, zero *float32  // x is where the table's offsets count from
	w       []float32 // all panels
	y, res  []float32 // from the first row on; res may be nil
	ldy     int
	bias    []float32 // of all panels
	slope   float32
	fetch   []float32 // what the next job reads: fetched ahead, little by little
}

const (
	// cacheLine is the number of bytes that processors fetch at a time.
	cacheLine = 64
	// The channels per turn of the loops of gemmFunc and stridedFunc.
	gemmChannels    = 4
	stridedChannels = 8
)

// inRuns is the piece that job of n jobs does: such that workers which take jobs in turn each do consecutive
// pieces. What a product fetches ahead are the weights that follow its own, and those are then its worker's next ones.
func inRuns(job, n, workers int) int {
	worker, turn := job%workers, job/workers
	return worker*(n/workers) + min(worker, n%workers) + turn
}

// multiply computes rows first..end-1 of the table, counted in their group, by panels p0..p1-1; first begins a
// tile unless rows are equally far apart.
func (t *rowTable) multiply(s *simd, p *product, first, end, p0, p1 int) {
	whole := p.cols / s.wide // panels with all columns
	pairs := s.pairPays(t.pitch)
	for i := p0; i < p1; {
		switch {
		case pairs && i+2 <= min(p1, whole):
			left := t.strided(s, p, &s.stridedPair, i, 2, first, end)
			t.table(s, p, i, left, end, first)
			t.table(s, p, i+1, left, end, first)
			i += 2
		case t.pitch > 0 && s.stridedOf(p.cols, i).run != nil:
			t.table(s, p, i, t.strided(s, p, s.stridedOf(p.cols, i), i, 1, first, end), end, first)
			i++
		default:
			t.table(s, p, i, first, end, first)
			i++
		}
	}
}

// pairPays is the rule that chooses between tiles of few rows by two panels and of twice the rows by one. Few
// rows pay where many would compete for the same lines of the first level cache, and where channels are so few
// that each tile's beginning and end count. A set without such tiles has no choice.
func (s *simd) pairPays(pitch int) bool {
	return s.stridedPair.run != nil && pitch > 0 && (pitch <= 64 || pitch%1024 == 0)
}

// heightOf is the rows of the tiles in which most of a product of equally spaced rows is computed.
func (s *simd) heightOf(pitch int) int {
	switch {
	case s.pairPays(pitch):
		return s.stridedPair.rows
	case s.strided.run != nil:
		return s.strided.rows
	}
	return s.mr
}

// stridedOf is the product of equally spaced rows for panel p of cols columns.
func (s *simd) stridedOf(cols, p int) *stridedProduct {
	if s.panelWidth(cols, p) == s.narrow {
		return &s.stridedNarrow
	}
	return &s.strided
}

// strided computes what whole tiles of e are good for, of n panels from panel i on, and returns the first row
// that is left.
func (t *rowTable) strided(s *simd, p *product, e *stridedProduct, i, n, first, end int) int {
	tiles := e.tiles(s, end-first)
	if tiles == 0 {
		return first
	}
	at, bytes, stride := i*s.wide, 4*n*p.cin*s.panelWidth(p.cols, i), 0
	if bytes <= s.tuning.aheadBytes {
		stride = ceilDiv(bytes/p.cin*stridedChannels, tiles)
	}
	also, step := &p.w[at*p.cin], 0
	if len(p.fetch) > 0 {
		also, step = &p.fetch[0], cacheLine
		p.fetch = p.fetch[min(len(p.fetch), tiles*(p.cin/stridedChannels)*cacheLine/4):]
	}
	x := unsafe.Slice(p.x, (first+1)*t.pitch)[first*t.pitch:]
	e.run(tiles*e.rows, p.cin, &x[0], t.pitch, &p.w[at*p.cin], &p.y[at], p.ldy, min(s.wide, p.cols-at), &p.bias[at],
		p.residual(at), p.slope, stride, also, step)
	return first + tiles*e.rows
}

// tiles is how many tiles of e to use on rows rows: such that the fewest rows are computed in vain.
func (e *stridedProduct) tiles(s *simd, rows int) int {
	most := rows / e.rows
	if most > 0 && s.tiledRows(rows-(most-1)*e.rows) < e.rows+s.tiledRows(rows-most*e.rows) {
		return most - 1
	}
	return most
}

// table computes rows first..end-1 of panel i by the table; y begins at row top.
func (t *rowTable) table(s *simd, p *product, i, first, end, top int) {
	if first >= end {
		return
	}
	mid := min(t.full, end)
	if t.taps == 1 { // any row may begin a tile
		mid = first + s.fullRows(end-first)
	}
	mid = max(first, mid)
	width, gemm := s.tileOf(p.cols, i)
	stride := 0
	if bytes := 4 * t.taps * p.cin * width; bytes <= s.tuning.aheadBytes {
		stride = ceilDiv(4*gemmChannels*width, ceilDiv(max(mid-first, 1), s.mr))
	}
	if mid > first {
		t.run(s, p, gemm.full, i, first, mid, top, stride)
		stride = 0
	}
	if end > mid {
		t.run(s, p, gemm.short, i, mid, end, top, stride)
	}
}

// run computes rows first..end-1 of panel i in tiles of gemm; y begins at row top.
func (t *rowTable) run(s *simd, p *product, gemm gemmFunc, i, first, end, top, stride int) {
	at := i * s.wide
	y := (first-top)*p.ldy + at
	gemm(end-first, t.taps, p.cin, &t.off[first*t.taps], p.x, p.zero, &p.w[at*t.taps*p.cin], &p.y[y], p.ldy,
		min(s.wide, p.cols-at), &p.bias[at], p.residual(y), p.slope, stride)
}

// residual is where the residual begins that is added from element at of y on; nil if there is none.
func (p *product) residual(at int) *float32 {
	if p.res == nil {
		return nil
	}
	return &p.res[at]
}
