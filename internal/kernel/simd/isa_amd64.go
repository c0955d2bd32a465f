package simd

// gemmFunc is a generated matrix product: see asm.Gemm6x16AVX2. All pointers are to heap memory that the
// caller keeps alive for the call.
type gemmFunc func(m, taps, cin int, off *int32, x, zero, w, y *float32, ldy, cols int, bias, res *float32, slope float32, stride int)

// stridedFunc is a generated matrix product of equally spaced rows: see asm.Rows14x32AVX512.
type stridedFunc func(m, cin int, x *float32, pitch int, w, y *float32, ldy, cols int, bias, res *float32, slope float32, stride int, also *float32, step int)

// stridedProduct is a stridedFunc and the rows of its tiles. There may be none.
type stridedProduct struct {
	rows int
	run  stridedFunc
}

// gemmTiles is a gemmFunc for tiles of all rows and one for short tiles, of as many columns.
type gemmTiles struct{ full, short gemmFunc }

// simd is what the drivers (*_simd_amd64.go) need of an instruction set: the generated functions
// and the sizes of their register tiles. The drivers know no instruction set.
type simd struct {
	name          string
	tuning        tuning
	mr            int // rows of a tile
	short         int // rows of a short tile
	wide, narrow  int // columns of the two kinds of tiles; narrow is half of wide
	gemmWide      gemmTiles
	gemmNarrow    gemmTiles
	strided       stridedProduct // for a wide panel
	stridedPair   stridedProduct // for two
	stridedNarrow stridedProduct // for a narrow one
	outerWide     outerFunc
	outerNarrow   outerFunc
	packs         []packs // of mr, narrow and wide columns, and of four RGB pixels
	transpose8    func(dst, src *float32, blocks, stride, width int)

	lanes           int              // float32 per vector
	peak            func(rounds int) // peakChains multiply-adds of vectors per round, see asm.FMAPeakAVX2
	relu            unaryFunc
	add, addReLU    binaryFunc
	reluGrad        binaryFunc
	scale           binaryFunc
	scaleAddReLU    ternaryFunc
	sums            columnsFunc
	products        productsFunc
	moments         momentsFunc
	normalise       normaliseFunc
	normGradZ       normGradZFunc
	normGradY       normGradYFunc
	normSumsZ       normSumsZFunc
	normSumsY       normSumsYFunc
	blend3          blendFunc
	wino, winoSmall winoKernels
	winoGrad        winoInputFunc
	winoWeightsGrad winoWeightsGradFunc
	adam            adamVectors
	adamEMA         adamEMAVectors
	sigmoid         unaryFunc
	expNeg, log1p   unaryFunc // for the tests of what focal is made of
	focal           focalFunc
	focalKeys       focalKeysFunc
	focalSkip       func(n int, keys *uint32, limit uint32) int
}

// packs is a packFunc and its number of columns.
type packs struct {
	width int
	pack  packFunc
}

// peakChains is the number of multiply-adds of vectors in a round of peak.
const peakChains = 12

// MultiplyAdds is the loop of the set's ceiling and the number of floating point operations of a round.
func (s simdSet) MultiplyAdds() (loop func(rounds int), perRound int) {
	return s.simd.peak, 2 * peakChains * s.simd.lanes
}

// ceilDiv is a/b rounded up.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// panels is the number of column panels that cover cols columns: all wide but perhaps the last.
func (s *simd) panels(cols int) int { return ceilDiv(cols, s.wide) }

// panelWidth is the width of the tile that computes panel p, at least as wide as its columns.
func (s *simd) panelWidth(cols, p int) int {
	if cols-p*s.wide <= s.narrow {
		return s.narrow
	}
	return s.wide
}

// packedCols is the number of columns of all panels.
func (s *simd) packedCols(cols int) int {
	last := s.panels(cols) - 1
	return last*s.wide + s.panelWidth(cols, last)
}

// tileOf is the width of panel p and the kernels that compute it.
func (s *simd) tileOf(cols, p int) (width int, gemm gemmTiles) {
	if width = s.panelWidth(cols, p); width == s.narrow {
		return width, s.gemmNarrow
	}
	return width, s.gemmWide
}
