package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// gradChannels is how many channels one packing job of the weight gradient handles: whole tiles of
// either kind.
const gradChannels = 24

// weightGradPlan computes dw[ky,kx,ci,co] = sum over pixels of x (shifted by the tap) * dy. The
// pixels are taken in chunks of whole images or of rows of one; of each chunk x (with its padding)
// and dy are packed into panels of tileM and tileN channels, then every (tap, panel of x) job adds
// its products to dw. Chunks follow each other in order, and a weight belongs to one job.
type weightGradPlan[T kernel.Float] struct {
	kernel.ConvShape
	rows, images int // of a chunk: either is 1 image's rows or rows == H
	xPanels      int
	yPanels      int

	packing bool // the step of the current run
	chunk   gradChunk
	out     []T
	x, dy   []T
	px, py  []T
}

// gradChunk is some images' rows y0..y0+rows-1.
type gradChunk struct{ img, images, y0, rows int }

func newConvWeightGrad[T kernel.Float](d kernel.ConvWeightGrad) kernel.Kernel[T] {
	p := &weightGradPlan[T]{ConvShape: d.ConvShape}
	if p.K == 1 {
		p.N, p.H, p.W = 1, p.N*p.H*p.W, 1
	}
	p.rows = min(p.H, max(1, 4*blockElements/(p.W*(p.Ci+p.Co))))
	p.images = 1
	if p.rows == p.H {
		p.images = min(p.N, max(1, 4*blockElements/(p.H*p.W*(p.Ci+p.Co))))
	}
	p.xPanels = (p.Ci + tileM - 1) / tileM
	p.yPanels = (p.Co + tileN - 1) / tileN
	return p
}

// xLine, xBand and xPanel are lengths in pixels: of a padded row, of an image's rows in a chunk and
// of a panel.
func (p *weightGradPlan[T]) xLine() int  { return p.W + p.K - 1 }
func (p *weightGradPlan[T]) xBand() int  { return (p.rows + p.K - 1) * p.xLine() }
func (p *weightGradPlan[T]) xPanel() int { return p.images * p.xBand() }
func (p *weightGradPlan[T]) yPanel() int { return p.images * p.rows * p.W }

// Work is the packed chunk.
func (p *weightGradPlan[T]) Work(int) int {
	return p.xPanels*p.xPanel()*tileM + p.yPanels*p.yPanel()*tileN
}

// Run adds chunk after chunk.
func (p *weightGradPlan[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	p.out, p.x, p.dy = out, in[0], in[1]
	p.px = c.Work[:p.xPanels*p.xPanel()*tileM]
	p.py = c.Work[len(p.px):p.Work(0)]
	for n := 0; n < p.N; n += p.images {
		for y := 0; y < p.H; y += p.rows {
			p.chunk = gradChunk{n, min(p.images, p.N-n), y, min(p.rows, p.H-y)}
			p.packing = true
			c.Pool.Run(p.packJobs(p.Ci)+p.packJobs(p.Co), p)
			p.packing = false
			c.Pool.Run(p.K*p.K*p.xPanels, p)
		}
	}
	p.out, p.x, p.dy, p.px, p.py = nil, nil, nil, nil, nil
}

func (p *weightGradPlan[T]) packJobs(channels int) int {
	return (channels + gradChannels - 1) / gradChannels
}

// Do packs some channels of x or dy, or adds one tap of one panel of x.
func (p *weightGradPlan[T]) Do(job, _ int) {
	switch xJobs := p.packJobs(p.Ci); {
	case !p.packing:
		p.add(job/p.xPanels, job%p.xPanels)
	case job < xJobs:
		p.packX(job * gradChannels)
	default:
		p.packY((job - xJobs) * gradChannels)
	}
}

func (p *weightGradPlan[T]) packX(c0 int) {
	c1, side := min(p.Ci, c0+gradChannels), p.K/2
	for b := range p.chunk.images {
		for y := range p.chunk.rows + 2*side {
			for x := range p.xLine() {
				at := b*p.xBand() + y*p.xLine() + x
				sy, sx := p.chunk.y0+y-side, x-side
				var src []T
				if sy >= 0 && sy < p.H && sx >= 0 && sx < p.W {
					src = p.x[((p.chunk.img+b)*p.H+sy)*p.W*p.Ci+sx*p.Ci:][:p.Ci]
				}
				for c := c0; c < c1; c += tileM {
					dst := p.px[(c/tileM*p.xPanel()+at)*tileM:][:tileM]
					clear(dst)
					if src != nil {
						copy(dst, src[c:])
					}
				}
			}
		}
	}
}

func (p *weightGradPlan[T]) packY(c0 int) {
	c1 := min(p.Co, c0+gradChannels)
	for b := range p.chunk.images {
		first := ((p.chunk.img+b)*p.H + p.chunk.y0) * p.W
		for i := range p.chunk.rows * p.W {
			src := p.dy[(first+i)*p.Co:][:p.Co]
			for c := c0; c < c1; c += tileN {
				dst := p.py[(c/tileN*p.yPanel()+b*p.rows*p.W+i)*tileN:][:tileN]
				clear(dst)
				copy(dst, src[c:])
			}
		}
	}
}

func (p *weightGradPlan[T]) add(tap, panel int) {
	shift := tap/p.K*p.xLine() + tap%p.K
	x := rows(p.px[panel*p.xPanel()*tileM:][:p.xPanel()*tileM])
	first := p.chunk.img == 0 && p.chunk.y0 == 0
	for yPanel := range p.yPanels {
		y := columns(p.py[yPanel*p.yPanel()*tileN:][:p.yPanel()*tileN])
		var sums tile[T]
		for b := range p.chunk.images {
			xb, yb := x[b*p.xBand()+shift:], y[b*p.rows*p.W:]
			if p.K == 1 {
				addOuter(&sums, xb, yb, 0, 1, p.chunk.rows*p.W)
			} else {
				addOuter(&sums, xb, yb, p.xLine(), p.chunk.rows, p.W)
			}
		}
		for i := range tileM {
			if ci := panel*tileM + i; ci < p.Ci {
				p.store(sums[i*tileN:][:tileN], (tap*p.Ci+ci)*p.Co, yPanel*tileN, first)
			}
		}
	}
}

func (p *weightGradPlan[T]) store(sums []T, row, c int, first bool) {
	out := p.out[row+c : row+min(p.Co, c+tileN)]
	if first {
		copy(out, sums)
		return
	}
	for i := range out {
		out[i] += sums[i]
	}
}

func newBiasGrad[T kernel.Float](d kernel.BiasGrad) kernel.Kernel[T] {
	return &plan.SumPlan[T]{
		Cut: plan.CutSums(d.Rows, d.C), Width: d.C,
		Add: func(p *plan.SumPlan[T], sums []float64, lo, hi int) {
			for r := lo; r < hi; r++ {
				for i, v := range p.In[0][r*d.C:][:len(sums)] {
					sums[i] += float64(v)
				}
			}
		},
		Finish: func(out []T, _ [][]T, total []float64) {
			for i, v := range total {
				out[i] = T(v)
			}
		},
	}
}
