package simd

import (
	"fmt"

	"csl/internal/kernel"
)

// winoKernels are the transforms of one of Winograd's sizes.
type winoKernels struct {
	input   winoInputFunc
	weights winoWeightsFunc
	output  winoOutputFunc
}

// The transforms of Winograd: see asm.WinoInputAVX2 and the following.
type (
	winoInputFunc   func(c int, x, zero *float32, at *int32, v *float32, plane int, scratch *float32)
	winoWeightsFunc func(n int, w *float32, tap int, u *float32, plane int, scratch *float32)
	winoOutputFunc  func(c int, m *float32, plane int, y *float32, off *int32, spare, bias, res *float32, slope float32, scratch *float32)
)

const (
	winoTiles     = 28  // tiles at least, so that the weights of many channels are worth loading,
	winoTilesMany = 128 // and more where the weights do not stay in the third level cache
)

// winograd is a 3x3 convolution, or its gradient by x, through the transforms of F(4x4,3x3) or F(2x2,3x3). It
// works through blocks of tiles, each in three steps: the inputs of the block's tiles are transformed, each of
// the 36 or 16 places is a matrix product, and its results are transformed back with the epilogue.
type winograd struct {
	s *simd
	winoKernels
	epilogue convEpilogue
	stats    *partStats // of the results; a part is the tiles of a job. nil if nobody needs them
	winoTiling
	cin, cols    int
	inAt         []int32 // lines and masks of each tile of an image
	outOff       []int32 // offsets of the outputs of each tile of an image
	blockTiles   int     // tiles per block
	ranges       int     // ranges of panels per place
	table        rowTable
	pack         prepacker
	constWeights bool // the weights come transformed
	zero         []float32
	x, y         []float32
	p, u         []float32 // packed and transformed weights
	areas        []float32 // room for blocks
	scratch      []float32
	first        int // of the blocks that all workers are at, unless they are apart
	workers      int
}

func newWinograd(s *simd, z winoSize, c kernel.ConvShape, cin, cols int, transposed bool) *winograd {
	k := &winograd{s: s, winoKernels: s.wino, winoTiling: newWinoTiling(z, c), cin: cin, cols: cols}
	if z == winoSmall {
		k.winoKernels = s.winoSmall
	}
	k.inAt, k.outOff = k.inputs(cin), k.outputs(cols)
	least := winoTiles
	if k.places()*cin*cols > s.tuning.winoManyWeights {
		least = winoTilesMany
	}
	k.blockTiles = k.winoTiling.blockTiles(least, s.tuning.winoFloats, cin, cols, s)
	k.ranges = ceilDiv(s.panels(cols), 8)
	k.table = s.pointTable(k.blockTiles, cin)
	k.pack = prepacker{s: s, taps: 9, cin: cin, cols: cols, transposed: transposed}
	k.zero = make([]float32, max(k.in()*cin, s.packedCols(cols)))
	k.epilogue = newEpilogue(s, cols, kernel.Epilogue{Slope: 1})
	return k
}

// newWinogradConv plans a forward convolution.
func newWinogradConv(s *simd, z winoSize, d kernel.Conv) *winograd {
	k := newWinograd(s, z, d.ConvShape, d.Ci, d.Co, false)
	k.epilogue = newEpilogue(s, d.Co, d.Epilogue)
	k.constWeights = d.ConstWeights
	return k
}

// newWinogradDataGrad plans a convolution's gradient by x.
func newWinogradDataGrad(s *simd, z winoSize, d kernel.ConvDataGrad) *winograd {
	k := newWinograd(s, z, d.ConvShape, d.Co, d.Ci, true)
	k.epilogue = newEpilogue(s, d.Ci, d.Epilogue())
	return k
}

// PackedLayout implements Prepacker.
func (k *winograd) PackedLayout() (kernel.PackedLayout, bool) {
	return k.pack.layout(fmt.Sprintf("winograd %d", k.out()), k.places()*k.planeU()), k.constWeights
}

// PackWork is the room for the weights before the transform, and the workers' scratch.
func (k *winograd) PackWork(workers int) int { return k.pack.len() + workers*k.scratchLen() }

// Pack implements Prepacker.
func (k *winograd) Pack(c *kernel.Ctx[float32], dst, w []float32) {
	k.p, k.u, k.scratch = c.Work[:k.pack.len()], dst, c.Work[k.pack.len():]
	k.transformWeights(c.Pool, w)
	k.p, k.u, k.scratch = nil, nil, nil
}

// transformWeights packs weights to p and transforms them to u.
func (k *winograd) transformWeights(p *kernel.Pool, w []float32) {
	k.pack.run(p, k.p, w)
	p.Run(k.s.panels(k.cols), (*winoTransformWeights)(k))
}

// The distances of two places. They are no multiples of a large power of two, so that the 36 places of a
// tile do not compete for the same lines of the caches.
func (k *winograd) planeU() int { return k.cin*k.s.packedCols(k.cols) + 16 }
func (k *winograd) planeV() int { return k.blockTiles*k.cin + 16 }
func (k *winograd) planeM() int { return k.blockTiles*k.s.packedCols(k.cols) + 16 }

// scratchLen is what a worker needs for the transforms, with a row for the pixels outside.
func (k *winograd) scratchLen() int { return 80 + k.places()*k.s.lanes + ceilDiv(k.cols, 16)*16 }

// areaLen is the room for a block.
func (k *winograd) areaLen() int { return k.places() * (k.planeV() + k.planeM()) }

// apart is whether each worker does blocks of its own: where there are enough of them, they need not wait for
// each other, and what one has just written need not come from another one's cache.
func (k *winograd) apart(workers int) bool { return ceilDiv(k.all(), k.blockTiles) >= 4*workers }

// together is how many blocks all workers do at a time where they are not apart: such that there are jobs for all.
func (k *winograd) together(workers int) int {
	return min(ceilDiv(k.all(), k.blockTiles), ceilDiv(2*workers*winoJob, k.blockTiles))
}

// blocksLen is the room for the blocks at work, which the weights before their transform share.
func (k *winograd) blocksLen(workers int) int {
	n := k.areaLen()
	if k.apart(workers) {
		n *= workers
	} else {
		n *= k.together(workers)
	}
	if !k.constWeights {
		n = max(n, k.pack.len())
	}
	return n
}

// Work is the room for the weights, unless they are constant, the blocks, the workers' scratch, and the statistics.
func (k *winograd) Work(workers int) int {
	n := k.blocksLen(workers) + workers*k.scratchLen() + k.stats.len()
	if !k.constWeights {
		n += k.places() * k.planeU()
	}
	return n
}
