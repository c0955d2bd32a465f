package simd

import "csl/internal/kernel"

// linear is a matrix product with few rows and a large matrix of weights, each used once per run:
// y = x*w + b, or by x y = x*w' (transposed). A job owns a range of columns: it packs a block of their
// weights into its worker's scratch and uses it for all rows before it goes on, so that weights
// come from memory once.
type linear struct {
	s              *simd
	n, depth, cols int
	transposed     bool
	block          int // of depth, packed at a time
	rangePanels    int // per job
	table          rowTable
	zero           []float32
	epilogue       convEpilogue

	x, w, y, work []float32
}

const (
	linearBlock  = 128
	linearPanels = 8
)

func newLinear(s *simd, n, depth, cols int, transposed bool) *linear {
	k := &linear{s: s, n: n, depth: depth, cols: cols, transposed: transposed}
	k.block = min(depth, linearBlock)
	k.rangePanels = min(linearPanels, ceilDiv(s.panels(cols), minJobs))
	k.table = s.pointTable(n, depth)
	k.zero = make([]float32, max(linearBlock, s.wide))
	k.epilogue = newEpilogue(s, cols, kernel.Epilogue{Bias: !transposed, Slope: 1})
	return k
}

// scratch is the room for a block of a job's weights.
func (k *linear) scratch() int { return k.block * k.rangePanels * k.s.wide }

// Work is the scratch of all workers.
func (k *linear) Work(workers int) int { return workers * k.scratch() }

// Run implements Kernel.
func (k *linear) Run(c *kernel.Ctx[float32], out []float32, in [][]float32) {
	k.x, k.w, k.y, k.work = in[0], in[1], out, c.Work
	k.epilogue.bind(in[2:])
	c.Pool.Run(ceilDiv(k.s.panels(k.cols), k.rangePanels), k)
	k.x, k.w, k.y, k.work = nil, nil, nil, nil
}

// Do implements Task: all rows of a range of columns.
func (k *linear) Do(job, worker int) {
	scratch := k.work[worker*k.scratch():][:k.scratch()]
	first := job * k.rangePanels
	last := min(k.s.panels(k.cols), first+k.rangePanels)
	for at := 0; at < k.depth; at += k.block {
		depth := min(k.block, k.depth-at)
		for p := first; p < last; p++ {
			k.panel(scratch[(p-first)*k.s.wide*k.block:], p, at, depth)
		}
	}
}

// panel adds the products of a block of the depth to panel p of y, which the first block starts.
func (k *linear) panel(packed []float32, p, at, depth int) {
	width := k.s.panelWidth(k.cols, p)
	col := p * k.s.wide
	n := min(width, k.cols-col)
	if k.transposed {
		k.s.transposed(packed, k.w[col*k.depth+at:], depth, k.depth, n, width)
	} else {
		k.s.columns(packed, k.w[at*k.cols+col:], depth, k.cols, n, width)
	}
	product := product{
		cin: depth, cols: n, x: &k.x[at], zero: &k.zero[0], w: packed, y: k.y[col:], ldy: k.cols, bias: k.zero, slope: 1,
	}
	if at == 0 {
		product.bias = k.epilogue.padded[col:]
	} else {
		product.res = product.y
	}
	k.table.multiply(k.s, &product, 0, k.n, 0, 1)
}
