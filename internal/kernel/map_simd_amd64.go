package kernel

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
func (s *simd) newPointwise(d Desc) Kernel[float32] {
	switch d := d.(type) {
	case Add:
		return s.newBinary(d.Len, s.add)
	case AddReLU:
		return s.newBinary(d.Len, s.addReLU)
	case Activate:
		f := s.relu
		if d.Kind == Sigmoid {
			f = s.sigmoid
		}
		return s.newFlat(d.Len, func(p *spanPlan[float32], lo, n int) { f(1, n, &p.out[lo], &p.in[0][lo]) })
	case ActivateGrad:
		if d.Kind == ReLU {
			return s.newBinary(d.Len, s.reluGrad)
		}
	}
	return nil
}

func (s *simd) newBinary(n int, f binaryFunc) Kernel[float32] {
	return s.newFlat(n, func(p *spanPlan[float32], lo, n int) {
		f(1, n, &p.out[lo], &p.in[0][lo], &p.in[1][lo])
	})
}

// newFlat plans f over n elements in spans of at least lanes; nil if there are not so many.
func (s *simd) newFlat(n int, f func(p *spanPlan[float32], lo, n int)) Kernel[float32] {
	if n < s.lanes {
		return nil
	}
	groups := n / s.lanes
	return &spanPlan[float32]{
		cut: cutElements(groups, s.lanes),
		body: func(p *spanPlan[float32], lo, hi int) {
			first, end := lo*s.lanes, hi*s.lanes
			if hi == groups {
				end = n
			}
			f(p, first, end-first)
		},
	}
}

// newMap plans d if it works on feature maps of enough channels; else nil.
func (s *simd) newMap(d Desc) Kernel[float32] {
	switch d := d.(type) {
	case SpaceToDepth:
		return s.newSpaceToDepth(d)
	case ScaleChannels:
		return s.newPixels(d.MapShape, func(p *spanPlan[float32], row, at, pixels int) {
			s.scale(pixels, d.C, &p.out[at], &p.in[0][at], &p.in[1][row])
		})
	case ScaleAddReLU:
		return s.newPixels(d.MapShape, func(p *spanPlan[float32], row, at, pixels int) {
			s.scaleAddReLU(pixels, d.C, &p.out[at], &p.in[0][at], &p.in[2][at], &p.in[1][row])
		})
	case SqueezeGrad:
		return s.newSqueezeGrad(d)
	case GlobalPoolGrad:
		area := float32(d.H * d.W)
		return s.newPixels(d.MapShape, func(p *spanPlan[float32], row, at, pixels int) {
			first := p.out[at:][:d.C]
			for i, v := range p.in[0][row:][:d.C] {
				first[i] = v / area
			}
			for i := 1; i < pixels; i++ {
				copy(p.out[at+i*d.C:][:d.C], first)
			}
		})
	case GlobalPool:
		return s.newImageSums(d.MapShape, 1/float64(d.H*d.W), func(in [][]float32, at, c int, sums *float64) {
			s.sums(d.H*d.W, c, d.C, &in[0][at], sums)
		})
	case ScaleChannelsGrad:
		return s.newImageSums(d.MapShape, 1, func(in [][]float32, at, c int, sums *float64) {
			s.products(d.H*d.W, c, d.C, &in[0][at], &in[1][at], sums)
		})
	}
	return nil
}

// newSqueezeGrad plans d with the function of batch norm, (dy-0)*s + g/(H*W); the scratch holds the zeros
// and the shifts.
func (s *simd) newSqueezeGrad(d SqueezeGrad) Kernel[float32] {
	k, ok := s.newPixels(d.MapShape, func(p *spanPlan[float32], row, at, pixels int) {
		s.normalise(pixels, d.C, &p.out[at], &p.in[0][at], &p.work[0], &p.in[1][row], &p.work[d.C+row], 1)
	}).(*spanPlan[float32])
	if !ok {
		return nil
	}
	area := float32(d.H * d.W)
	k.scratch = d.C + d.N*d.C
	k.prepare = func(work []float32, in [][]float32) {
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
func (s *simd) newSpaceToDepth(d SpaceToDepth) Kernel[float32] {
	for _, p := range s.packs {
		if run := 4 * d.C; p.width == run {
			return &spanPlan[float32]{
				cut: cutElements(d.N*d.H/4, 4*d.W*d.C),
				body: func(plan *spanPlan[float32], lo, hi int) {
					for row := lo; row < hi; row++ {
						for x := range d.W / 4 {
							p.pack(&plan.out[(row*d.W/4+x)*4*run], &plan.in[0][(row*d.W+x)*run], 4, d.W*d.C)
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
func (s *simd) newPixels(m MapShape, f func(p *spanPlan[float32], row, at, pixels int)) Kernel[float32] {
	if m.C < s.lanes {
		return nil
	}
	size := m.H * m.W
	return &spanPlan[float32]{
		cut: cutElements(m.N*size, m.C),
		body: func(p *spanPlan[float32], lo, hi int) {
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
func (s *simd) newImageSums(m MapShape, factor float64, f func(in [][]float32, at, c int, sums *float64)) Kernel[float32] {
	if m.C < s.lanes {
		return nil
	}
	ranges := max(1, m.C/sumChannels)
	slots := s.slots(ceilDiv(m.C, ranges))
	jobs := m.N * ranges
	return &spanPlan[float32]{
		cut: cut{jobs, 1}, scratch: doublesLen[float32](jobs * slots),
		body: func(p *spanPlan[float32], job, _ int) {
			n, r := job/ranges, job%ranges
			c0, c1 := r*m.C/ranges, (r+1)*m.C/ranges
			sums := doubles(p.work, jobs*slots)[job*slots:][:slots]
			clear(sums)
			f(p.in, n*m.H*m.W*m.C+c0, c1-c0, &sums[0])
			for c := range c1 - c0 {
				p.out[n*m.C+c0+c] = float32(sums[s.slot(c, c1-c0)] * factor)
			}
		},
	}
}
