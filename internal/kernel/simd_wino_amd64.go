package kernel

import "fmt"

// winoKernels are the transforms of one of Winograd's sizes.
type winoKernels struct {
	input   winoInputFunc
	weights winoWeightsFunc
	output  winoOutputFunc
}

// The transforms of Winograd: see winoInputAVX2 and the following.
type (
	winoInputFunc   func(c int, x, zero *float32, at *int32, v *float32, plane int, scratch *float32)
	winoWeightsFunc func(n int, w *float32, tap int, u *float32, plane int, scratch *float32)
	winoOutputFunc  func(c int, m *float32, plane int, y *float32, off *int32, spare, bias, res *float32, slope float32, scratch *float32)
)

const (
	winoFloats = 1 << 18 // about how many transformed elements are alive at a time: they stay in the second level cache
	winoBlock  = 28      // tiles at least, so that the weights of many channels are worth loading,
	// and more where the weights do not stay in the third level cache.
	winoManyWeights = 4 << 20
	winoBlockMany   = 128
)

// winograd is a 3x3 convolution, or its gradient by x, through the transforms of F(4x4,3x3) or F(2x2,3x3). It
// works through blocks of tiles, each in three steps: the inputs of the block's tiles are transformed, each of
// the 36 or 16 places is a matrix product, and its results are transformed back with the epilogue.
type winograd struct {
	s *simd
	winoKernels
	epilogue convEpilogue
	winoTiling
	cin, cols    int
	inAt         []int32 // lines and masks of each tile of a picture
	outOff       []int32 // 16 offsets of each tile of a picture
	blockTiles   int     // tiles per block
	ranges       int     // ranges of panels per place
	table        rowTable
	pack         packer
	fixed        bool // the weights come transformed
	zero         []float32
	x, y         []float32
	p, u, v, m   []float32 // packed weights; transformed weights, inputs and products
	scratch      []float32
	first, tiles int // of the current block
	workers      int
}

func newWinograd(s *simd, z winoSize, c ConvShape, cin, cols int, transposed bool) *winograd {
	k := &winograd{s: s, winoKernels: s.wino, winoTiling: newWinoTiling(z, c), cin: cin, cols: cols}
	if z == winoSmall {
		k.winoKernels = s.winoSmall
	}
	k.inAt, k.outOff = k.inputs(cin), k.outputs(cols)
	least := winoBlock
	if k.places()*cin*cols > winoManyWeights {
		least = winoBlockMany
	}
	k.blockTiles = k.block(least, winoFloats, cin+cols, s)
	k.ranges = ceilDiv(s.panels(cols), 8)
	k.table = s.pointTable(k.blockTiles, cin)
	k.pack = packer{s: s, taps: 9, cin: cin, cols: cols, transposed: transposed}
	k.zero = make([]float32, max(k.in()*cin, s.packedCols(cols)))
	k.epilogue = newEpilogue(s, cols, Epilogue{Slope: 1})
	return k
}

// newWinogradConv plans a forward convolution.
func newWinogradConv(s *simd, z winoSize, d Conv) *winograd {
	k := newWinograd(s, z, d.ConvShape, d.Ci, d.Co, false)
	k.epilogue = newEpilogue(s, d.Co, d.Epilogue)
	k.fixed = d.Fixed
	return k
}

// newWinogradDataGrad plans a convolution's gradient by x.
func newWinogradDataGrad(s *simd, z winoSize, d ConvDataGrad) *winograd {
	k := newWinograd(s, z, d.ConvShape, d.Co, d.Ci, true)
	k.epilogue = newEpilogue(s, d.Ci, d.epilogue())
	return k
}

// Form implements Packer.
func (k *winograd) Form() (Form, bool) {
	return k.pack.form(fmt.Sprintf("winograd %d", k.out()), k.places()*k.planeU()), k.fixed
}

// PackWork is the room for the weights before the transform, and the workers' scratch.
func (k *winograd) PackWork(workers int) int { return k.pack.len() + workers*k.scratchLen() }

// Pack implements Packer.
func (k *winograd) Pack(c *Ctx[float32], dst, w []float32) {
	k.p, k.u, k.scratch = c.Work[:k.pack.len()], dst, c.Work[k.pack.len():]
	k.weigh(c.Pool, w)
	k.p, k.u, k.scratch = nil, nil, nil
}

// weigh packs weights to p and transforms them to u.
func (k *winograd) weigh(p *Pool, w []float32) {
	k.pack.run(p, k.p, w)
	p.Run(k.s.panels(k.cols), (*winoWeighing)(k))
}

// The distances of two places. They are no multiples of a large power of two, so that the 36 places of a
// tile do not compete for the same lines of the caches.
func (k *winograd) planeU() int { return k.cin*k.s.packedCols(k.cols) + 16 }
func (k *winograd) planeV() int { return k.blockTiles*k.cin + 16 }
func (k *winograd) planeM() int { return k.blockTiles*k.s.packedCols(k.cols) + 16 }

// scratchLen is what a worker needs for the transforms, with a row for the pixels outside.
func (k *winograd) scratchLen() int { return 80 + k.places()*k.s.lanes + ceilDiv(k.cols, 16)*16 }

// blockLen is the room for a block, which the weights before their transform share.
func (k *winograd) blockLen() int {
	n := k.places() * (k.planeV() + k.planeM())
	if !k.fixed {
		n = max(n, k.pack.len())
	}
	return n
}

// Work is the room for the weights, unless they are fixed, a block, and the workers' scratch.
func (k *winograd) Work(workers int) int {
	n := k.blockLen() + workers*k.scratchLen()
	if !k.fixed {
		n += k.places() * k.planeU()
	}
	return n
}

// Run implements Kernel.
func (k *winograd) Run(c *Ctx[float32], out []float32, in [][]float32) {
	k.x, k.y, k.workers = in[0], out, c.Pool.Workers()
	k.epilogue.bind(in[2:])
	work := c.Work
	if k.u = in[1]; !k.fixed {
		k.u, work = work[:k.places()*k.planeU()], work[k.places()*k.planeU():]
	}
	block := k.blockLen()
	k.v, k.m = work[:k.places()*k.planeV()], work[k.places()*k.planeV():block]
	k.scratch = work[block:]
	if !k.fixed {
		k.p = work[:k.pack.len()]
		k.weigh(c.Pool, in[1])
	}
	for k.first = 0; k.first < k.all(); k.first += k.blockTiles {
		k.tiles = min(k.blockTiles, k.all()-k.first)
		c.Pool.Run(ceilDiv(k.tiles, winoJob), (*winoInputs)(k))
		c.Pool.Run(k.places()*k.ranges, (*winoProducts)(k))
		c.Pool.Run(ceilDiv(k.tiles, winoJob), (*winoOutputs)(k))
	}
	k.x, k.y, k.p, k.u, k.v, k.m, k.scratch = nil, nil, nil, nil, nil, nil, nil
	k.epilogue.release()
}

// workerScratch is a worker's part of the scratch.
func (k *winograd) workerScratch(worker int) []float32 {
	return k.scratch[worker*k.scratchLen():][:k.scratchLen()]
}

// The steps of winograd, as tasks.
type (
	winoWeighing winograd
	winoInputs   winograd
	winoProducts winograd
	winoOutputs  winograd
)

// Do transforms the weights of one panel.
func (t *winoWeighing) Do(p, worker int) {
	k := (*winograd)(t)
	width := k.s.panelWidth(k.cols, p)
	at := p * k.s.wide * k.cin
	k.weights(k.cin*width/k.s.lanes, &k.p[9*at], k.cin*width, &k.u[at], k.planeU(), &k.workerScratch(worker)[0])
}

// Do transforms the inputs of a few tiles.
func (t *winoInputs) Do(job, worker int) {
	k := (*winograd)(t)
	scratch := &k.workerScratch(worker)[0]
	for i := job * winoJob; i < min(k.tiles, (job+1)*winoJob); i++ {
		picture, tile := k.find(k.first + i)
		k.input(k.cin, &k.x[picture*k.h*k.w*k.cin], &k.zero[0], &k.inAt[tile*2*k.in()], &k.v[i*k.cin], k.planeV(), scratch)
	}
}

// Do multiplies one place by a range of panels.
func (t *winoProducts) Do(job, _ int) {
	k := (*winograd)(t)
	place, r := job/k.ranges, job%k.ranges
	panels, pitch := k.s.panels(k.cols), k.s.packedCols(k.cols)
	k.table.multiply(k.s, &product{
		cin: k.cin, cols: pitch, x: &k.v[place*k.planeV()], zero: &k.zero[0], w: k.u[place*k.planeU():],
		y: k.m[place*k.planeM():], ldy: pitch, bias: k.zero, slope: 1, fetch: k.ahead(job),
	}, 0, k.tiles, r*panels/k.ranges, (r+1)*panels/k.ranges)
}

// ahead is what the product reads that this worker is likely to compute next.
func (k *winograd) ahead(job int) []float32 {
	place := (job + k.workers) / k.ranges
	if place == job/k.ranges || place >= k.places() {
		return nil
	}
	return k.v[place*k.planeV():][:k.tiles*k.cin]
}

// Do transforms the products of a few tiles to outputs.
func (t *winoOutputs) Do(job, worker int) {
	k := (*winograd)(t)
	scratch := k.workerScratch(worker)
	spare := &scratch[len(scratch)-k.cols]
	for i := job * winoJob; i < min(k.tiles, (job+1)*winoJob); i++ {
		picture, tile := k.find(k.first + i)
		at := picture * k.h * k.w * k.cols
		k.output(k.cols, &k.m[i*k.s.packedCols(k.cols)], k.planeM(), &k.y[at], &k.outOff[tile*k.out()*k.out()], spare,
			&k.epilogue.padded[0], firstOf(k.epilogue.residual(at)), k.epilogue.slope, &scratch[0])
	}
}
