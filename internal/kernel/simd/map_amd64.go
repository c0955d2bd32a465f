package simd

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// The elementwise functions over rows of c channels, see add..AVX2 and the following: c is at least
// lanes, out may be an input.
type (
	unaryFunc    func(rows, c int, out, x *float32)
	binaryFunc   func(rows, c int, out, a, b *float32)
	ternaryFunc  func(rows, c int, out, a, b, d *float32)
	columnsFunc  func(rows, c, stride int, x *float32, sums *float64)
	productsFunc func(rows, c, stride int, x, dy *float32, sums *float64)
)

// newPointwise plans d if it is pointwise and worth it; else nil.
func (s *simd) newPointwise(d kernel.Desc) kernel.Kernel[float32] {
	switch d := d.(type) {
	case kernel.Add:
		return s.newBinary(d.Len, s.add)
	case kernel.AddReLU:
		return s.newBinary(d.Len, s.addReLU)
	case kernel.Activate:
		f := s.relu
		if d.Kind == kernel.Sigmoid {
			f = s.sigmoid
		}
		return s.newFlat(d.Len, func(p *plan.SpanPlan[float32], lo, n int) { f(1, n, &p.Out[lo], &p.In[0][lo]) })
	case kernel.ActivateGrad:
		if d.Kind == kernel.ReLU {
			return s.newBinary(d.Len, s.reluGrad)
		}
	}
	return nil
}

func (s *simd) newBinary(n int, f binaryFunc) kernel.Kernel[float32] {
	return s.newFlat(n, func(p *plan.SpanPlan[float32], lo, n int) {
		f(1, n, &p.Out[lo], &p.In[0][lo], &p.In[1][lo])
	})
}

// newFlat plans f over n elements in spans of at least lanes; nil if there are fewer.
func (s *simd) newFlat(n int, f func(p *plan.SpanPlan[float32], lo, n int)) kernel.Kernel[float32] {
	if n < s.lanes {
		return nil
	}
	groups := n / s.lanes
	return &plan.SpanPlan[float32]{
		Cut: plan.CutElements(groups, s.lanes),
		Body: func(p *plan.SpanPlan[float32], lo, hi int) {
			first, end := lo*s.lanes, hi*s.lanes
			if hi == groups {
				end = n
			}
			f(p, first, end-first)
		},
	}
}

// newMap plans d if it works on feature maps of enough channels; else nil.
func (s *simd) newMap(d kernel.Desc) kernel.Kernel[float32] {
	switch d := d.(type) {
	case kernel.SpaceToDepth:
		return s.newSpaceToDepth(d)
	case kernel.ScaleChannels:
		return s.newPixels(d.MapShape, func(p *plan.SpanPlan[float32], row, at, pixels int) {
			s.scale(pixels, d.C, &p.Out[at], &p.In[0][at], &p.In[1][row])
		})
	case kernel.ScaleAddReLU:
		return s.newPixels(d.MapShape, func(p *plan.SpanPlan[float32], row, at, pixels int) {
			s.scaleAddReLU(pixels, d.C, &p.Out[at], &p.In[0][at], &p.In[2][at], &p.In[1][row])
		})
	case kernel.SqueezeGrad:
		return s.newSqueezeGrad(d)
	case kernel.GlobalPoolGrad:
		area := float32(d.H * d.W)
		return s.newPixels(d.MapShape, func(p *plan.SpanPlan[float32], row, at, pixels int) {
			first := p.Out[at:][:d.C]
			for i, v := range p.In[0][row:][:d.C] {
				first[i] = v / area
			}
			for i := 1; i < pixels; i++ {
				copy(p.Out[at+i*d.C:][:d.C], first)
			}
		})
	case kernel.GlobalPool:
		return s.newImageSums(d.MapShape, 1/float64(d.H*d.W), func(in [][]float32, at, c int, sums *float64) {
			s.sums(d.H*d.W, c, d.C, &in[0][at], sums)
		})
	case kernel.ScaleChannelsGrad:
		return s.newImageSums(d.MapShape, 1, func(in [][]float32, at, c int, sums *float64) {
			s.products(d.H*d.W, c, d.C, &in[0][at], &in[1][at], sums)
		})
	}
	return nil
}

// newSqueezeGrad plans d with the function of batch norm, (dy-0)*s + g/(H*W); the scratch holds the zeros
// and the shifts.
func (s *simd) newSqueezeGrad(d kernel.SqueezeGrad) kernel.Kernel[float32] {
	k, ok := s.newPixels(d.MapShape, func(p *plan.SpanPlan[float32], row, at, pixels int) {
		s.normalise(pixels, d.C, &p.Out[at], &p.In[0][at], &p.Scratch[0], &p.In[1][row], &p.Scratch[d.C+row], 1)
	}).(*plan.SpanPlan[float32])
	if !ok {
		return nil
	}
	area := float32(d.H * d.W)
	k.ScratchLen = d.C + d.N*d.C
	k.Prepare = func(work []float32, in [][]float32) {
		clear(work[:d.C])
		shift := work[d.C:]
		for i, g := range in[2] {
			shift[i] = g / area
		}
	}
	return k
}

// newSpaceToDepth plans d where four pixels are something that a pack copies; else nil. A pixel of the
// output is four pixels of each of four lines.
func (s *simd) newSpaceToDepth(d kernel.SpaceToDepth) kernel.Kernel[float32] {
	for _, p := range s.packs {
		if run := 4 * d.C; p.width == run {
			return &plan.SpanPlan[float32]{
				Cut: plan.CutElements(d.N*d.H/4, 4*d.W*d.C),
				Body: func(plan *plan.SpanPlan[float32], lo, hi int) {
					for row := lo; row < hi; row++ {
						for x := range d.W / 4 {
							p.pack(&plan.Out[(row*d.W/4+x)*4*run], &plan.In[0][(row*d.W+x)*run], 4, d.W*d.C)
						}
					}
				},
			}
		}
	}
	return nil
}

// newPixels plans f over runs of pixels of one image each: f sees where the image's [N,C] row
// starts, where the run starts and its number of pixels.
func (s *simd) newPixels(m kernel.MapShape, f func(p *plan.SpanPlan[float32], row, at, pixels int)) kernel.Kernel[float32] {
	if m.C < s.lanes {
		return nil
	}
	size := m.H * m.W
	return &plan.SpanPlan[float32]{
		Cut: plan.CutElements(m.N*size, m.C),
		Body: func(p *plan.SpanPlan[float32], lo, hi int) {
			for lo < hi {
				img := lo / size
				end := min(hi, (img+1)*size)
				f(p, img*m.C, lo*m.C, end-lo)
				lo = end
			}
		},
	}
}

// sumChannels is about how many channels of an image a job sums.
const sumChannels = 64

// newImageSums plans out[n,c] = factor * a sum over the pixels of image n, which f computes for c
// channels from element at.
func (s *simd) newImageSums(m kernel.MapShape, factor float64, f func(in [][]float32, at, c int, sums *float64)) kernel.Kernel[float32] {
	if m.C < s.lanes {
		return nil
	}
	ranges := max(1, m.C/sumChannels)
	slots := s.slots(ceilDiv(m.C, ranges))
	jobs := m.N * ranges
	return &plan.SpanPlan[float32]{
		Cut: plan.CutSingles(jobs), ScratchLen: plan.DoublesLen[float32](jobs * slots),
		Body: func(p *plan.SpanPlan[float32], job, _ int) {
			n, r := job/ranges, job%ranges
			c0, c1 := r*m.C/ranges, (r+1)*m.C/ranges
			sums := plan.Doubles(p.Scratch, jobs*slots)[job*slots:][:slots]
			clear(sums)
			f(p.In, n*m.H*m.W*m.C+c0, c1-c0, &sums[0])
			for c := range c1 - c0 {
				p.Out[n*m.C+c0+c] = float32(sums[s.slot(c, c1-c0)] * factor)
			}
		},
	}
}
