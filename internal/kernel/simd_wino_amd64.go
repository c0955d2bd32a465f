package kernel

// The transforms of Winograd F(4x4,3x3): see winoInputAVX2 and the following.
type (
	winoInputFunc   func(c int, x, zero *float32, off *int32, v *float32, plane int, scratch *float32)
	winoWeightsFunc func(n int, w *float32, tap int, u *float32, plane int, scratch *float32)
	winoOutputFunc  func(c int, m *float32, plane int, y *float32, off *int32, spare, bias, res *float32, slope float32, scratch *float32)
)

const (
	winoFloats = 1 << 19 // about how many transformed elements are alive at a time
	winoBlock  = 64      // tiles at least, so that the weights of many channels are worth loading
)

// winograd is a 3x3 convolution, or its gradient by x, through the transforms of F(4x4,3x3). It works
// through blocks of tiles, each in three steps: the inputs of the block's tiles are transformed, each of
// the 36 places is a matrix product, and its results are transformed back with the epilogue.
type winograd struct {
	s        *simd
	epilogue convEpilogue
	stats    *partStats // of the results; a part is the tiles of a job. nil if nobody needs them
	winoTiling
	cin, cols    int
	inOff        []int32 // 36 offsets per tile of a picture, in elements from the picture's first
	outOff       []int32 // 16 likewise
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
}

func newWinograd(s *simd, c ConvShape, cin, cols int, transposed bool) *winograd {
	k := &winograd{s: s, winoTiling: newWinoTiling(c), cin: cin, cols: cols}
	k.inOff, k.outOff = k.inputs(cin), k.outputs(cols)
	k.blockTiles = k.block(winoBlock, winoFloats, cin+cols)
	k.ranges = ceilDiv(s.panels(cols), 8)
	k.table = s.pointTable(k.blockTiles, cin)
	k.pack = packer{s: s, taps: 9, cin: cin, cols: cols, transposed: transposed}
	k.zero = make([]float32, max(cin, s.wide))
	k.epilogue = newEpilogue(s, cols, Epilogue{Slope: 1})
	return k
}

// newWinogradConv plans a forward convolution.
func newWinogradConv(s *simd, d Conv) *winograd {
	k := newWinograd(s, d.ConvShape, d.Ci, d.Co, false)
	k.epilogue = newEpilogue(s, d.Co, d.Epilogue)
	k.fixed = d.Fixed
	return k
}

// newWinogradDataGrad plans a convolution's gradient by x.
func newWinogradDataGrad(s *simd, d ConvDataGrad) *winograd {
	k := newWinograd(s, d.ConvShape, d.Co, d.Ci, true)
	k.epilogue = newEpilogue(s, d.Ci, d.epilogue())
	return k
}

// Form implements Packer.
func (k *winograd) Form() (Form, bool) {
	return k.pack.form("winograd", winoPlaces*k.planeU()), k.fixed
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
func (k *winograd) scratchLen() int { return 80 + winoPlaces*k.s.lanes + k.cols }

// blockLen is the room for a block, which the weights before their transform share.
func (k *winograd) blockLen() int {
	n := winoPlaces * (k.planeV() + k.planeM())
	if !k.fixed {
		n = max(n, k.pack.len())
	}
	return n
}

// Work is the room for the weights, unless they are fixed, a block, the workers' scratch, and the statistics.
func (k *winograd) Work(workers int) int {
	n := k.blockLen() + workers*k.scratchLen() + k.stats.len()
	if !k.fixed {
		n += winoPlaces * k.planeU()
	}
	return n
}

// Run implements Kernel.
func (k *winograd) Run(c *Ctx[float32], out []float32, in [][]float32) {
	k.x, k.y = in[0], out
	k.epilogue.bind(in[2:])
	work := c.Work
	if k.u = in[1]; !k.fixed {
		k.u, work = work[:winoPlaces*k.planeU()], work[winoPlaces*k.planeU():]
	}
	block := k.blockLen()
	k.v, k.m = work[:winoPlaces*k.planeV()], work[winoPlaces*k.planeV():block]
	k.scratch = work[block:]
	if !k.fixed {
		k.p = work[:k.pack.len()]
		k.weigh(c.Pool, in[1])
	}
	k.stats.begin(c, out, k.Work(c.Pool.Workers()))
	for k.first = 0; k.first < k.all(); k.first += k.blockTiles {
		k.tiles = min(k.blockTiles, k.all()-k.first)
		c.Pool.Run(ceilDiv(k.tiles, winoJob), (*winoInputs)(k))
		c.Pool.Run(winoPlaces*k.ranges, (*winoProducts)(k))
		c.Pool.Run(ceilDiv(k.tiles, winoJob), (*winoOutputs)(k))
	}
	k.stats.end(c.Pool)
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
	k.s.winoWeights(k.cin*width/k.s.lanes, &k.p[9*at], k.cin*width, &k.u[at], k.planeU(), &k.workerScratch(worker)[0])
}

// Do transforms the inputs of a few tiles.
func (t *winoInputs) Do(job, worker int) {
	k := (*winograd)(t)
	scratch := &k.workerScratch(worker)[0]
	for i := job * winoJob; i < min(k.tiles, (job+1)*winoJob); i++ {
		picture, tile := k.find(k.first + i)
		k.s.winoInput(k.cin, &k.x[picture*k.h*k.w*k.cin], &k.zero[0], &k.inOff[tile*36], &k.v[i*k.cin], k.planeV(), scratch)
	}
}

// Do multiplies one place by a range of panels.
func (t *winoProducts) Do(job, _ int) {
	k := (*winograd)(t)
	place, r := job/k.ranges, job%k.ranges
	panels := k.s.panels(k.cols)
	pitch := k.s.packedCols(k.cols)
	for p := r * panels / k.ranges; p < (r+1)*panels/k.ranges; p++ {
		width, gemm := k.s.tileOf(k.cols, p)
		col := p * k.s.wide
		k.table.multiply(k.s, &panelProduct{
			gemm: gemm, width: width, cin: k.cin, x: &k.v[place*k.planeV()], zero: &k.zero[0], w: &k.u[place*k.planeU()+col*k.cin],
			y: k.m[place*k.planeM()+col:], ldy: pitch, cols: width, bias: &k.zero[0], slope: 1,
		}, 0, k.tiles)
	}
}

// Do transforms the products of a few tiles to outputs.
func (t *winoOutputs) Do(job, worker int) {
	k := (*winograd)(t)
	scratch := k.workerScratch(worker)
	spare := &scratch[len(scratch)-k.cols]
	for i := job * winoJob; i < min(k.tiles, (job+1)*winoJob); i++ {
		picture, tile := k.find(k.first + i)
		at := picture * k.h * k.w * k.cols
		k.s.winoOutput(k.cols, &k.m[i*k.s.packedCols(k.cols)], k.planeM(), &k.y[at], &k.outOff[tile*16], spare,
			&k.epilogue.padded[0], firstOf(k.epilogue.residual(at)), k.epilogue.slope, &scratch[0])
	}
	k.addStats(job)
}
