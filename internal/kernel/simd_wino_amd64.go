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
	winoTiles  = 28      // tiles at least, so that the weights of many channels are worth loading,
	// and more where the weights do not stay in the third level cache.
	winoManyWeights = 4 << 20
	winoTilesMany   = 128
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

func newWinograd(s *simd, z winoSize, c ConvShape, cin, cols int, transposed bool) *winograd {
	k := &winograd{s: s, winoKernels: s.wino, winoTiling: newWinoTiling(z, c), cin: cin, cols: cols}
	if z == winoSmall {
		k.winoKernels = s.winoSmall
	}
	k.inAt, k.outOff = k.inputs(cin), k.outputs(cols)
	least := winoTiles
	if k.places()*cin*cols > winoManyWeights {
		least = winoTilesMany
	}
	k.blockTiles = k.winoTiling.blockTiles(least, winoFloats, cin, cols, s)
	k.ranges = ceilDiv(s.panels(cols), 8)
	k.table = s.pointTable(k.blockTiles, cin)
	k.pack = prepacker{s: s, taps: 9, cin: cin, cols: cols, transposed: transposed}
	k.zero = make([]float32, max(k.in()*cin, s.packedCols(cols)))
	k.epilogue = newEpilogue(s, cols, Epilogue{Slope: 1})
	return k
}

// newWinogradConv plans a forward convolution.
func newWinogradConv(s *simd, z winoSize, d Conv) *winograd {
	k := newWinograd(s, z, d.ConvShape, d.Ci, d.Co, false)
	k.epilogue = newEpilogue(s, d.Co, d.Epilogue)
	k.constWeights = d.ConstWeights
	return k
}

// newWinogradDataGrad plans a convolution's gradient by x.
func newWinogradDataGrad(s *simd, z winoSize, d ConvDataGrad) *winograd {
	k := newWinograd(s, z, d.ConvShape, d.Co, d.Ci, true)
	k.epilogue = newEpilogue(s, d.Ci, d.epilogue())
	return k
}

// PackedLayout implements Prepacker.
func (k *winograd) PackedLayout() (PackedLayout, bool) {
	return k.pack.layout(fmt.Sprintf("winograd %d", k.out()), k.places()*k.planeU()), k.constWeights
}

// PackWork is the room for the weights before the transform, and the workers' scratch.
func (k *winograd) PackWork(workers int) int { return k.pack.len() + workers*k.scratchLen() }

// Pack implements Prepacker.
func (k *winograd) Pack(c *Ctx[float32], dst, w []float32) {
	k.p, k.u, k.scratch = c.Work[:k.pack.len()], dst, c.Work[k.pack.len():]
	k.transformWeights(c.Pool, w)
	k.p, k.u, k.scratch = nil, nil, nil
}

// transformWeights packs weights to p and transforms them to u.
func (k *winograd) transformWeights(p *Pool, w []float32) {
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

// Run implements Kernel.
func (k *winograd) Run(c *Ctx[float32], out []float32, in [][]float32) {
	k.x, k.y, k.workers = in[0], out, c.Pool.Workers()
	k.epilogue.bind(in[2:])
	work := c.Work
	if k.u = in[1]; !k.constWeights {
		k.u, work = work[:k.places()*k.planeU()], work[k.places()*k.planeU():]
	}
	areas := k.blocksLen(k.workers)
	k.areas, k.scratch = work[:areas], work[areas:]
	if !k.constWeights {
		k.p = work[:k.pack.len()]
		k.transformWeights(c.Pool, in[1])
	}
	k.stats.begin(c, out, k.Work(k.workers))
	blocks, together := ceilDiv(k.all(), k.blockTiles), k.together(k.workers)
	if k.apart(k.workers) {
		c.Pool.Run(blocks, (*winoBlocks)(k))
		blocks = 0
	}
	for k.first = 0; k.first < blocks; k.first += together {
		n := min(together, blocks-k.first)
		c.Pool.Run(n*k.blockJobs(), (*winoInputs)(k))
		c.Pool.Run(n*k.places()*k.ranges, (*winoProducts)(k))
		c.Pool.Run(n*k.blockJobs(), (*winoOutputs)(k))
	}
	k.stats.end(c.Pool)
	k.x, k.y, k.p, k.u, k.areas, k.scratch = nil, nil, nil, nil, nil, nil
	k.epilogue.release()
}

// winoBlock is a block of tiles at work: its transformed inputs and its products.
type winoBlock struct {
	first, tiles int
	v, m         []float32
}

// blockAt is block i, with the room that belongs to number area.
func (k *winograd) blockAt(i, area int) winoBlock {
	room := k.areas[area*k.areaLen():][:k.areaLen()]
	first, v := i*k.blockTiles, k.places()*k.planeV()
	return winoBlock{first, min(k.blockTiles, k.all()-first), room[:v], room[v:]}
}

// workerScratch is a worker's part of the scratch.
func (k *winograd) workerScratch(worker int) []float32 {
	return k.scratch[worker*k.scratchLen():][:k.scratchLen()]
}

// The steps of winograd, as tasks.
type (
	winoTransformWeights winograd
	winoBlocks           winograd
	winoInputs           winograd
	winoProducts         winograd
	winoOutputs          winograd
)

// Do transforms the weights of one panel.
func (t *winoTransformWeights) Do(p, worker int) {
	k := (*winograd)(t)
	width := k.s.panelWidth(k.cols, p)
	at := p * k.s.wide * k.cin
	k.weights(k.cin*width/k.s.lanes, &k.p[9*at], k.cin*width, &k.u[at], k.planeU(), &k.workerScratch(worker)[0])
}

// Do computes a block.
func (t *winoBlocks) Do(job, worker int) {
	k := (*winograd)(t)
	b, scratch := k.blockAt(job, worker), k.workerScratch(worker)
	k.transform(&b, 0, b.tiles, scratch)
	for place := range k.places() {
		k.multiply(&b, place, 0, k.s.panels(k.cols), nil)
	}
	for i := 0; i < b.tiles; i += winoJob {
		k.finish(&b, i, min(b.tiles, i+winoJob), scratch)
	}
}

// blockJobs is the transforming jobs of a block.
func (k *winograd) blockJobs() int { return ceilDiv(k.blockTiles, winoJob) }

// jobAt is the block and the tiles in it of a transforming job of the blocks at work.
func (k *winograd) jobAt(job int) (b winoBlock, i, end int) {
	area := job / k.blockJobs()
	b, i = k.blockAt(k.first+area, area), job%k.blockJobs()*winoJob
	return b, i, min(b.tiles, i+winoJob)
}

// Do transforms the inputs of a few tiles.
func (t *winoInputs) Do(job, worker int) {
	k := (*winograd)(t)
	b, i, end := k.jobAt(job)
	k.transform(&b, i, end, k.workerScratch(worker))
}

// Do multiplies one place by a range of panels.
func (t *winoProducts) Do(job, _ int) {
	k := (*winograd)(t)
	perBlock, panels := k.places()*k.ranges, k.s.panels(k.cols)
	area := job / perBlock
	b := k.blockAt(k.first+area, area)
	place, r := job%perBlock/k.ranges, job%k.ranges
	var fetch []float32 // what this worker is likely to read next
	if next := (job%perBlock + k.workers) / k.ranges; next != place && next < k.places() {
		fetch = b.v[next*k.planeV():][:b.tiles*k.cin]
	}
	k.multiply(&b, place, r*panels/k.ranges, (r+1)*panels/k.ranges, fetch)
}

// Do transforms the products of a few tiles to outputs.
func (t *winoOutputs) Do(job, worker int) {
	k := (*winograd)(t)
	if b, i, end := k.jobAt(job); i < end {
		k.finish(&b, i, end, k.workerScratch(worker))
	}
}

// transform transforms the inputs of tiles i..end-1 of a block.
func (k *winograd) transform(b *winoBlock, i, end int, scratch []float32) {
	for ; i < end; i++ {
		img, tile := k.find(b.first + i)
		k.input(k.cin, &k.x[img*k.h*k.w*k.cin], &k.zero[0], &k.inAt[tile*2*k.in()], &b.v[i*k.cin], k.planeV(), &scratch[0])
	}
}

// multiply multiplies one place of a block by panels p0..p1-1 of the weights.
func (k *winograd) multiply(b *winoBlock, place, p0, p1 int, fetch []float32) {
	pitch := k.s.packedCols(k.cols)
	k.table.multiply(k.s, &product{
		cin: k.cin, cols: pitch, x: &b.v[place*k.planeV()], zero: &k.zero[0], w: k.u[place*k.planeU():],
		y: b.m[place*k.planeM():], ldy: pitch, bias: k.zero, slope: 1, fetch: fetch,
	}, 0, b.tiles, p0, p1)
}

// finish transforms the products of tiles i..end-1 of a block to outputs: those of one job.
func (k *winograd) finish(b *winoBlock, i, end int, scratch []float32) {
	spare := &scratch[len(scratch)-k.cols]
	for t := i; t < end; t++ {
		img, tile := k.find(b.first + t)
		at := img * k.h * k.w * k.cols
		k.output(k.cols, &b.m[t*k.s.packedCols(k.cols)], k.planeM(), &k.y[at], &k.outOff[tile*k.out()*k.out()], spare,
			&k.epilogue.padded[0], firstOf(k.epilogue.residual(at)), k.epilogue.slope, &scratch[0])
	}
	k.addStats(b, i, end)
}
