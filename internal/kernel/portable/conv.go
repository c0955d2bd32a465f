package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// blockElements is about how many input values a job of a convolution reads for one panel of output
// channels: they stay in the second-level cache while the panels go by.
const blockElements = 32 << 10

// convJobs is into how many jobs a convolution is cut at least, where its shape allows.
const convJobs = 32

// convPlan computes a stride-1 convolution in two steps: pack the weights into panels of tileN
// output channels, then compute blocks of pixels times groups of panels. For K > 1 a job first
// copies its block with the zero padding around it, so that the K pixels of a row under the filter
// are one run of K*Ci values. For K = 1 all pixels are one line and nothing is copied.
type convPlan[T kernel.Float] struct {
	kernel.ConvShape
	kernel.Epilogue
	transposed   bool // weights are [K,K,Co,Ci] and their taps reversed: the gradient by x
	constWeights bool // the weights come packed

	blockRows int // rows of a block; for K = 1 its pixels
	blocks    int // blocks of one image
	panels    int
	groups    int // of panels
	groupSize int
	paddedLen int   // of a worker's copy
	offsets   []int // of the pixels of a block in the copy
	slope     T

	packing     bool // the step of the current run
	out, x, w   []T
	bias, resid []T
	packed      []T
	padded      []T
}

func newConv[T kernel.Float](d kernel.Conv) kernel.Kernel[T] {
	p := &convPlan[T]{ConvShape: d.ConvShape, Epilogue: d.Epilogue, constWeights: d.ConstWeights}
	p.plan()
	return p
}

func newConvDataGrad[T kernel.Float](d kernel.ConvDataGrad) kernel.Kernel[T] {
	s := d.ConvShape
	s.Ci, s.Co = s.Co, s.Ci
	p := &convPlan[T]{ConvShape: s, Epilogue: d.Epilogue(), transposed: true}
	p.plan()
	return p
}

func (p *convPlan[T]) plan() {
	p.slope = T(p.Slope)
	if p.K == 1 {
		p.N, p.H, p.W = 1, p.N*p.H*p.W, 1
		p.blockRows = min(p.H, max(8, min(512, blockElements/p.Ci)&^7))
	} else {
		p.blockRows = min(p.H, max(1, blockElements/((p.W+p.K-1)*p.Ci)))
		p.paddedLen = (p.blockRows + p.K - 1) * (p.W + p.K - 1) * p.Ci
	}
	p.offsets = make([]int, p.blockRows*p.W)
	for i := range p.offsets {
		p.offsets[i] = (i/p.W*(p.W+p.K-1) + i%p.W) * p.Ci
	}
	p.blocks = (p.H + p.blockRows - 1) / p.blockRows
	p.panels = (p.Co + tileN - 1) / tileN
	p.groups = min(p.panels, max(1, (convJobs+p.N*p.blocks-1)/(p.N*p.blocks)))
	p.groupSize = (p.panels + p.groups - 1) / p.groups
	p.groups = (p.panels + p.groupSize - 1) / p.groupSize
}

// PackedLayout implements Prepacker.
func (p *convPlan[T]) PackedLayout() (kernel.PackedLayout, bool) {
	return kernel.PackedLayout{Algorithm: "portable panels", Taps: p.K * p.K, Cin: p.Ci, Cols: p.Co, Len: p.packedLen()}, p.constWeights
}

// PackWork implements Prepacker.
func (p *convPlan[T]) PackWork(int) int { return 0 }

// Pack implements Prepacker.
func (p *convPlan[T]) Pack(c *kernel.Ctx[T], dst, w []T) {
	p.packed, p.w, p.packing = dst, w, true
	c.Pool.Run(p.panels, p)
	p.packed, p.w, p.packing = nil, nil, false
}

func (p *convPlan[T]) panelLen() int  { return p.K * p.K * p.Ci * tileN }
func (p *convPlan[T]) packedLen() int { return p.panels * p.panelLen() }

// Work is the packed weights, unless they come packed, and each worker's padded block.
func (p *convPlan[T]) Work(workers int) int {
	n := workers * p.paddedLen
	if !p.constWeights {
		n += p.packedLen()
	}
	return n
}

// Run computes, and packs before unless the weights come packed.
func (p *convPlan[T]) Run(c *kernel.Ctx[T], out []T, in [][]T) {
	p.padded = c.Work
	packed := in[1]
	if !p.constWeights {
		packed, p.padded = c.Work[:p.packedLen()], c.Work[p.packedLen():]
		p.Pack(c, packed, in[1])
	}
	p.out, p.x, p.packed, in = out, in[0], packed, in[2:]
	if p.Bias {
		p.bias, in = in[0], in[1:]
	}
	if p.Residual {
		p.resid = in[0]
	}
	c.Pool.Run(p.N*p.blocks*p.groups, p)
	p.out, p.x, p.bias, p.resid, p.packed, p.padded = nil, nil, nil, nil, nil, nil
}

// Do packs one panel or computes one block times one group.
func (p *convPlan[T]) Do(job, worker int) {
	switch {
	case !p.packing:
		p.compute(job/p.groups, job%p.groups, worker)
	case p.transposed:
		p.packTransposed(job)
	default:
		p.pack(job)
	}
}

// pack lays the weights of a panel as [K*K*Ci][tileN], zero beyond Co.
func (p *convPlan[T]) pack(panel int) {
	c0 := panel * tileN
	c1 := min(p.Co, c0+tileN)
	dst := columns(p.packed[panel*p.panelLen():][:p.panelLen()])
	for i := range dst {
		dst[i] = [tileN]T{}
		copy(dst[i][:], p.w[i*p.Co+c0:i*p.Co+c1])
	}
}

// packTransposed is pack from weights [K,K,Co,Ci] with the taps reversed.
func (p *convPlan[T]) packTransposed(panel int) {
	dst := columns(p.packed[panel*p.panelLen():][:p.panelLen()])
	c0 := panel * tileN
	for tap := range p.K * p.K {
		rows := dst[tap*p.Ci:][:p.Ci]
		for j := range tileN {
			if c0+j >= p.Co {
				for i := range rows {
					rows[i][j] = 0
				}
				continue
			}
			for i, v := range p.w[((p.K*p.K-1-tap)*p.Co+c0+j)*p.Ci:][:p.Ci] {
				rows[i][j] = v
			}
		}
	}
}

func (p *convPlan[T]) compute(block, group, worker int) {
	img, y0 := block/p.blocks, block%p.blocks*p.blockRows
	y1 := min(p.H, y0+p.blockRows)
	src := p.x[(img*p.H+y0)*p.W*p.Ci : (img*p.H+y1)*p.W*p.Ci]
	if p.K > 1 {
		src = p.padded[worker*p.paddedLen:][:p.paddedLen]
		p.pad(src, img, y0, y1)
	}
	pixel0 := (img*p.H + y0) * p.W
	for panel := group * p.groupSize; panel < min(p.panels, (group+1)*p.groupSize); panel++ {
		p.panel(src, pixel0, (y1-y0)*p.W, panel)
	}
}

// pad copies the rows y0..y1-1 of an image with the rows and columns around them.
func (p *convPlan[T]) pad(dst []T, img, y0, y1 int) {
	side := p.K / 2
	line := (p.W + 2*side) * p.Ci
	for y := y0 - side; y < y1+side; y++ {
		row := dst[(y-y0+side)*line:][:line]
		if y < 0 || y >= p.H {
			clear(row)
			continue
		}
		clear(row[:side*p.Ci])
		copy(row[side*p.Ci:], p.x[(img*p.H+y)*p.W*p.Ci:][:p.W*p.Ci])
		clear(row[(side+p.W)*p.Ci:])
	}
}

// panel computes pixels consecutive pixels, of which the first is pixel0 of the output, times one
// panel of channels.
func (p *convPlan[T]) panel(src []T, pixel0, pixels, panel int) {
	w := columns(p.packed[panel*p.panelLen():][:p.panelLen()])
	stride := (p.W + p.K - 1) * p.Ci
	for i := 0; i < pixels; i += tileM {
		second := min(i+1, pixels-1)
		sums := dotTile(src, p.offsets[i], p.offsets[second], stride, p.K, p.K*p.Ci, w)
		p.store(sums[:tileN], pixel0+i, panel*tileN)
		if second > i {
			p.store(sums[tileN:], pixel0+second, panel*tileN)
		}
	}
}

// store applies the epilogue to the sums of one pixel's channels from c on.
func (p *convPlan[T]) store(sums []T, pixel, c int) {
	out := p.out[pixel*p.Co+c : pixel*p.Co+min(p.Co, c+tileN)]
	sums = sums[:len(out)]
	if p.Bias {
		for i, b := range p.bias[c:][:len(out)] {
			sums[i] += b
		}
	}
	if p.Residual {
		for i, r := range p.resid[pixel*p.Co+c:][:len(out)] {
			sums[i] += r
		}
	}
	if p.slope != 1 {
		for i, v := range sums {
			sums[i] = plan.Leaky(v, p.slope)
		}
	}
	copy(out, sums)
}
