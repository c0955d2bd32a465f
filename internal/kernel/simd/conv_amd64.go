package simd

import "csl/internal/kernel"

// convGemm is a convolution, or its gradient by x, as an implicit matrix product: rows are pixels,
// columns output channels, the sum runs over taps and input channels. Weights are packed in panels
// [tap][cin][width]; a job is a block of pixels times a range of panels.
type convGemm struct {
	s            *simd
	rows         int // pixels in all
	cin, cols    int
	table        rowTable
	blockRows    int // pixels per block; the last one has the short tiles, too
	blocks       int // pixel blocks per group
	groups       int
	rangePanels  int // panels per job
	ranges       int
	epilogue     convEpilogue
	pack         prepacker
	constWeights bool      // the weights come packed
	zero         []float32 // the padding's row

	x, y, packed []float32
	workers      int
}

// minJobs is the number of jobs below which a kernel splits finer, for the sake of many cores.
const minJobs = 32

func newSIMDGemm(s *simd, c kernel.ConvShape, cin, cols int, transposed bool) *convGemm {
	k := &convGemm{s: s, rows: c.N * c.H * c.W, cin: cin, cols: cols}
	height := s.mr
	if c.K == 1 {
		height = s.heightOf(cin)
	}
	perBlock := max(ceilDiv(4*s.mr, height), s.tuning.blockBytes/(4*cin)/height) * height
	if c.K == 1 {
		k.table = s.pointTable(min(k.rows, perBlock), cin)
	} else {
		k.table = s.convTable(c.N, c.H, c.W, cin, c.K)
	}
	k.groups = ceilDiv(k.rows, k.table.rows)
	tiles := max(1, ceilDiv(k.table.full, height))
	k.blockRows = ceilDiv(tiles, ceilDiv(tiles, perBlock/height)) * height
	k.blocks = ceilDiv(tiles*height, k.blockRows)
	k.cutPanels(c.K * c.K * cin)
	k.pack = prepacker{s: s, taps: c.K * c.K, cin: cin, cols: cols, transposed: transposed}
	k.zero = make([]float32, cin)
	k.epilogue = newEpilogue(s, cols, kernel.Epilogue{Slope: 1})
	return k
}

// cutPanels chooses the panels of a job, of depth rows each; fewer where there would be too few jobs.
func (k *convGemm) cutPanels(depth int) {
	panels := k.s.panels(k.cols)
	k.rangePanels = min(panels, max(1, k.s.tuning.rangeBytes/(4*depth*k.s.wide)))
	least := 1
	if k.s.pairPays(k.table.pitch) {
		least = 2
	}
	for k.rangePanels > least && k.groups*k.blocks*ceilDiv(panels, k.rangePanels) < minJobs {
		k.rangePanels = ceilDiv(k.rangePanels, 2)
	}
	k.ranges = ceilDiv(panels, k.rangePanels)
}

// newSIMDConv plans a forward convolution.
func newSIMDConv(s *simd, d kernel.Conv) *convGemm {
	k := newSIMDGemm(s, d.ConvShape, d.Ci, d.Co, false)
	k.epilogue = newEpilogue(s, d.Co, d.Epilogue)
	k.constWeights = d.ConstWeights
	return k
}

// newSIMDDataGrad plans a convolution's gradient by x.
func newSIMDDataGrad(s *simd, d kernel.ConvDataGrad) *convGemm {
	k := newSIMDGemm(s, d.ConvShape, d.Co, d.Ci, true)
	k.epilogue = newEpilogue(s, d.Ci, d.Epilogue())
	return k
}

// PackedLayout implements Prepacker.
func (k *convGemm) PackedLayout() (kernel.PackedLayout, bool) {
	return k.pack.layout("panels", k.pack.len()), k.constWeights
}

// PackWork implements Prepacker.
func (k *convGemm) PackWork(int) int { return 0 }

// Pack implements Prepacker.
func (k *convGemm) Pack(c *kernel.Ctx[float32], dst, w []float32) { k.pack.run(c.Pool, dst, w) }

// Work is the room for the packed weights, unless they come packed.
func (k *convGemm) Work(int) int {
	if k.constWeights {
		return 0
	}
	return k.pack.len()
}

// Run implements Kernel.
func (k *convGemm) Run(c *kernel.Ctx[float32], out []float32, in [][]float32) {
	k.x, k.y, k.workers = in[0], out, c.Pool.Workers()
	k.epilogue.bind(in[2:])
	if k.packed = in[1]; !k.constWeights {
		k.packed = c.Work[:k.pack.len()]
		k.pack.run(c.Pool, k.packed, in[1])
	}
	c.Pool.Run(k.groups*k.blocks*k.ranges, k)
	k.x, k.y, k.packed = nil, nil, nil
	k.epilogue.release()
}

// Do implements Task: one block of pixels times one range of panels.
func (k *convGemm) Do(job, _ int) {
	group, first, end := k.block(job)
	if first >= end {
		return
	}
	r := job / (k.groups * k.blocks)
	if k.groups*k.blocks == 1 {
		r = inRuns(r, k.ranges, k.workers)
	}
	y := (group*k.table.rows + first) * k.cols
	k.table.multiply(k.s, &product{
		cin: k.cin, cols: k.cols, x: &k.x[group*k.table.stride], zero: &k.zero[0], w: k.packed,
		y: k.y[y:], res: k.epilogue.residual(y), ldy: k.cols, bias: k.epilogue.padded, slope: k.epilogue.slope, fetch: k.ahead(job),
	}, first, end, r*k.rangePanels, min(k.s.panels(k.cols), (r+1)*k.rangePanels))
}

// block is the rows of a job, counted in their group.
func (k *convGemm) block(job int) (group, first, end int) {
	block := job % (k.groups * k.blocks)
	group, block = block/k.blocks, block%k.blocks
	first, end = block*k.blockRows, (block+1)*k.blockRows
	if block == k.blocks-1 {
		end = k.table.rows
	}
	return group, first, min(end, k.rows-group*k.table.rows)
}

// ahead is what the job reads that this worker is likely to do next.
func (k *convGemm) ahead(job int) []float32 {
	if job += k.workers; job >= k.groups*k.blocks*k.ranges || k.table.taps > 1 {
		return nil
	}
	group, first, end := k.block(job)
	if first >= end {
		return nil
	}
	return k.x[group*k.table.stride:][first*k.cin : end*k.cin]
}
