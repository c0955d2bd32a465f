package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

func newSpaceToDepth[T kernel.Float](d kernel.SpaceToDepth) kernel.Kernel[T] {
	return newBlocks[T](d.MapShape, func(deep, flat []T) { copy(deep, flat) }, false)
}

func newSpaceToDepthGrad[T kernel.Float](d kernel.SpaceToDepthGrad) kernel.Kernel[T] {
	return newBlocks[T](d.MapShape, func(deep, flat []T) { copy(flat, deep) }, true)
}

// newBlocks moves the 4-pixel runs of a map of shape s that lie together in both layouts: row dy of
// a 4x4 block in the flat map, and the dy-th quarter of a pixel's channels in the deep one.
func newBlocks[T kernel.Float](s kernel.MapShape, move func(deep, flat []T), fromDeep bool) kernel.Kernel[T] {
	run := 4 * s.C
	body := func(p *plan.SpanPlan[T], lo, hi int) {
		deep, flat := p.Out, p.In[0]
		if fromDeep {
			deep, flat = flat, deep
		}
		for row := lo; row < hi; row++ {
			for dy := range 4 {
				for x := range s.W / 4 {
					move(deep[((row*s.W/4+x)*4+dy)*run:][:run], flat[((row*4+dy)*s.W/4+x)*run:][:run])
				}
			}
		}
	}
	return &plan.SpanPlan[T]{Cut: plan.CutElements(s.N*s.H/4, 4*s.W*s.C), Body: body}
}

// channelBlock is how many channels a job of a per-image reduction sums: a cache line of float32.
const channelBlock = 16

// newImageSums plans out[n,c] = factor * sum over the pixels of image n of value; add adds the
// channels lo..hi-1 of the pixel that starts at base to sums, which are in the scratch.
func newImageSums[T kernel.Float](s kernel.MapShape, factor float64, add func(sums *[channelBlock]float64, in [][]T, lo, hi int)) kernel.Kernel[T] {
	blocks := (s.C + channelBlock - 1) / channelBlock
	body := func(p *plan.SpanPlan[T], lo, hi int) {
		for job := lo; job < hi; job++ {
			n, c0 := job/blocks, job%blocks*channelBlock
			c1 := min(s.C, c0+channelBlock)
			sums := (*[channelBlock]float64)(plan.Doubles(p.Scratch, s.N*blocks*channelBlock)[job*channelBlock:])
			clear(sums[:])
			for pixel := n * s.H * s.W; pixel < (n+1)*s.H*s.W; pixel++ {
				add(sums, p.In, pixel*s.C+c0, pixel*s.C+c1)
			}
			for c := c0; c < c1; c++ {
				p.Out[n*s.C+c] = T(sums[c-c0] * factor)
			}
		}
	}
	return &plan.SpanPlan[T]{
		Cut: plan.CutElements(s.N*blocks, s.H*s.W*channelBlock), ScratchLen: plan.DoublesLen[T](s.N * blocks * channelBlock),
		Body: body,
	}
}

func newGlobalPool[T kernel.Float](d kernel.GlobalPool) kernel.Kernel[T] {
	return newImageSums(d.MapShape, 1/float64(d.H*d.W),
		func(sums *[channelBlock]float64, in [][]T, lo, hi int) {
			for i, v := range in[0][lo:hi] {
				sums[i%channelBlock] += float64(v)
			}
		})
}

func newScaleChannelsGrad[T kernel.Float](d kernel.ScaleChannelsGrad) kernel.Kernel[T] {
	return newImageSums(d.MapShape, 1,
		func(sums *[channelBlock]float64, in [][]T, lo, hi int) {
			x, dy := in[0][lo:hi], in[1][lo:hi]
			for i, v := range x {
				sums[i%channelBlock] += float64(v) * float64(dy[i])
			}
		})
}

// newPixels plans an elementwise map over pixels: body sees one pixel's channels, where they start
// and the [N,C] row of the pixel's image starts.
func newPixels[T kernel.Float](s kernel.MapShape, body func(p *plan.SpanPlan[T], pixel, row int)) kernel.Kernel[T] {
	return &plan.SpanPlan[T]{
		Cut: plan.CutElements(s.N*s.H*s.W, s.C),
		Body: func(p *plan.SpanPlan[T], lo, hi int) {
			for pixel := lo; pixel < hi; pixel++ {
				body(p, pixel*s.C, pixel/(s.H*s.W)*s.C)
			}
		},
	}
}

func newGlobalPoolGrad[T kernel.Float](d kernel.GlobalPoolGrad) kernel.Kernel[T] {
	area := T(d.H * d.W)
	return newPixels(d.MapShape, func(p *plan.SpanPlan[T], pixel, row int) {
		out := p.Out[pixel:][:d.C]
		for i, v := range p.In[0][row:][:len(out)] {
			out[i] = v / area
		}
	})
}

func newScaleChannels[T kernel.Float](d kernel.ScaleChannels) kernel.Kernel[T] {
	return newPixels(d.MapShape, func(p *plan.SpanPlan[T], pixel, row int) {
		out, s := p.Out[pixel:][:d.C], p.In[1][row:][:d.C]
		for i, v := range p.In[0][pixel:][:d.C] {
			out[i] = v * s[i]
		}
	})
}

func newSqueezeGrad[T kernel.Float](d kernel.SqueezeGrad) kernel.Kernel[T] {
	area := T(d.H * d.W)
	return newPixels(d.MapShape, func(p *plan.SpanPlan[T], pixel, row int) {
		out, s, g := p.Out[pixel:][:d.C], p.In[1][row:][:d.C], p.In[2][row:][:d.C]
		for i, v := range p.In[0][pixel:][:d.C] {
			out[i] = T(v*s[i]) + g[i]/area // rounded first, as where they are two operations
		}
	})
}

func newScaleAddReLU[T kernel.Float](d kernel.ScaleAddReLU) kernel.Kernel[T] {
	return newPixels(d.MapShape, func(p *plan.SpanPlan[T], pixel, row int) {
		scaleAddReLU(p.Out[pixel:][:d.C], p.In[0][pixel:][:d.C], p.In[1][row:][:d.C], p.In[2][pixel:][:d.C])
	})
}

func scaleAddReLU[T kernel.Float](out, x, s, residual []T) {
	out, s, residual = out[:len(x)], s[:len(x)], residual[:len(x)]
	for i, v := range x {
		out[i] = plan.ReLU(v*s[i] + residual[i])
	}
}
