package kerneltest

import (
	"fmt"
	"math"

	"csl/internal/kernel"
)

func naiveMap(r result, d kernel.Desc, in [][]float64) {
	switch d := d.(type) {
	case kernel.SpaceToDepth:
		eachMove(d.MapShape, func(flat, deep int) { r.set(deep, in[0][flat]) })
	case kernel.SpaceToDepthGrad:
		eachMove(d.MapShape, func(flat, deep int) { r.set(flat, in[0][deep]) })
	case kernel.BlurPool:
		eachBlur(d.MapShape, func(x, y int, w float64) { r.add(y, w*in[0][x]) })
	case kernel.BlurPoolGrad:
		eachBlur(d.MapShape, func(x, y int, w float64) { r.add(x, w*in[0][y]) })
	case kernel.AvgPool:
		eachAverage(d.MapShape, func(x, y int, w float64) { r.add(y, w*in[0][x]) })
	case kernel.AvgPoolGrad:
		eachAverage(d.MapShape, func(x, y int, w float64) { r.add(x, w*in[0][y]) })
	case kernel.GlobalPool:
		eachPixel(d.MapShape, func(x, s int) { r.add(s, in[0][x]/float64(d.H*d.W)) })
	case kernel.GlobalPoolGrad:
		eachPixel(d.MapShape, func(x, s int) { r.set(x, in[0][s]/float64(d.H*d.W)) })
	case kernel.ScaleChannels:
		eachPixel(d.MapShape, func(x, s int) { r.set(x, in[0][x]*in[1][s]) })
	case kernel.ScaleChannelsGrad:
		eachPixel(d.MapShape, func(x, s int) { r.add(s, in[0][x]*in[1][x]) })
	case kernel.SqueezeGrad:
		eachPixel(d.MapShape, func(x, s int) {
			r.add(x, in[0][x]*in[1][s])
			r.add(x, in[2][s]/float64(d.H*d.W))
		})
	case kernel.ScaleAddReLU:
		eachPixel(d.MapShape, func(x, s int) {
			r.add(x, in[0][x]*in[1][s])
			r.add(x, in[2][x])
			r.want[x] = math.Max(0, r.want[x])
		})
	default:
		panic(fmt.Sprintf("no definition of %T", d))
	}
}

// eachPixel calls f with the index of every element of a map and that of its [N,C] value.
func eachPixel(s kernel.MapShape, f func(x, s int)) {
	for i := range s.N * s.H * s.W * s.C {
		f(i, i/(s.H*s.W*s.C)*s.C+i%s.C)
	}
}

func at(h, w, c, n, y, x, k int) int { return ((n*h+y)*w+x)*c + k }

func eachMove(s kernel.MapShape, f func(flat, deep int)) {
	for n := range s.N {
		for y := range s.H {
			for x := range s.W {
				for c := range s.C {
					f(at(s.H, s.W, s.C, n, y, x, c), at(s.H/4, s.W/4, 16*s.C, n, y/4, x/4, (y%4*4+x%4)*s.C+c))
				}
			}
		}
	}
}

// eachBlur calls f with input, output and weight of every tap of a blur-pool.
func eachBlur(s kernel.MapShape, f func(x, y int, w float64)) {
	binomial := [3]float64{1, 2, 1}
	mirror := func(i, n int) int {
		switch {
		case i < 0:
			return -i
		case i >= n:
			return 2*n - 2 - i
		}
		return i
	}
	ho, wo := (s.H+1)/2, (s.W+1)/2
	for n := range s.N {
		for oy := range ho {
			for ox := range wo {
				for c := range s.C {
					for i := range 3 {
						for j := range 3 {
							iy, ix := mirror(2*oy+i-1, s.H), mirror(2*ox+j-1, s.W)
							f(at(s.H, s.W, s.C, n, iy, ix, c), at(ho, wo, s.C, n, oy, ox, c), binomial[i]*binomial[j]/16)
						}
					}
				}
			}
		}
	}
}

// eachAverage is eachBlur of an average pool.
func eachAverage(s kernel.MapShape, f func(x, y int, w float64)) {
	ho, wo := (s.H+1)/2, (s.W+1)/2
	for n := range s.N {
		for iy := range s.H {
			for ix := range s.W {
				high, wide := min(2, s.H-iy/2*2), min(2, s.W-ix/2*2)
				for c := range s.C {
					f(at(s.H, s.W, s.C, n, iy, ix, c), at(ho, wo, s.C, n, iy/2, ix/2, c), 1/float64(high*wide))
				}
			}
		}
	}
}
