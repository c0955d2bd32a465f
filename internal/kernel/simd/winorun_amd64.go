package simd

import "csl/internal/kernel"

// Run implements Kernel.
func (k *winograd) Run(c *kernel.Ctx[float32], out []float32, in [][]float32) {
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
	job = inRuns(job%perBlock, perBlock, k.workers)
	place, r := job/k.ranges, job%k.ranges
	var fetch []float32 // what this worker is likely to read next
	if next := (job + 1) / k.ranges; next != place && next < k.places() {
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
