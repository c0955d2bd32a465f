package kerneltest

import (
	"fmt"
	"math"

	"csl/internal/kernel"
)

// result collects a naive result and the magnitude of each element: what its definition adds up,
// in absolute values.
type result struct{ want, magnitude []float64 }

func newResult(n int) result { return result{make([]float64, n), make([]float64, n)} }

// add adds v to element i.
func (r result) add(i int, v float64) {
	r.want[i] += v
	r.magnitude[i] += math.Abs(v)
}

// set sets element i, whose magnitude is its own.
func (r result) set(i int, v float64) { r.want[i], r.magnitude[i] = v, math.Abs(v) }

// naive computes d by its definition; of a kernel.TwoOutput, the first output.
func naive(d kernel.Desc, in [][]float64) (want, magnitude []float64) {
	r := newResult(d.Output())
	switch d := d.(type) {
	case kernel.Conv, kernel.ConvStats, kernel.ConvDataGrad, kernel.ConvWeightGrad,
		kernel.Linear, kernel.LinearDataGrad, kernel.LinearWeightGrad, kernel.BiasGrad:
		naiveDense(r, d, in)
	case kernel.BNStats, kernel.ABN, kernel.ABNAddReLU, kernel.ABNEval, kernel.ABNReduce, kernel.ABNInputGrad,
		kernel.ABNResidualReduce,
		kernel.ABNGammaGrad, kernel.ABNBetaGrad:
		naiveNorm(r, d, in)
	case kernel.Activate, kernel.ActivateGrad, kernel.Add, kernel.AddReLU:
		naivePointwise(r, d, in)
	default:
		naiveMap(r, d, in)
	}
	return r.want, r.magnitude
}

// act is v for v >= 0, slope*v below.
func act(v, slope float64) float64 {
	if v >= 0 {
		return v
	}
	return slope * v
}

func naiveDense(r result, d kernel.Desc, in [][]float64) {
	switch d := d.(type) {
	case kernel.Conv:
		eachProduct(d.ConvShape, func(x, w, y int) { r.add(y, in[0][x]*in[1][w]) })
		naiveEpilogue(r, d, in[2:])
	case kernel.ConvStats:
		eachProduct(d.ConvShape, func(x, w, y int) { r.add(y, in[0][x]*in[1][w]) })
	case kernel.ConvDataGrad:
		eachProduct(d.ConvShape, func(x, w, y int) { r.add(x, in[0][y]*in[1][w]) })
		if d.Accumulate {
			for i, v := range in[2] {
				r.add(i, v)
			}
		}
	case kernel.ConvWeightGrad:
		eachProduct(d.ConvShape, func(x, w, y int) { r.add(w, in[0][x]*in[1][y]) })
	case kernel.Linear:
		eachLinear(d.LinearShape, func(x, w, y int) { r.add(y, in[0][x]*in[1][w]) })
		for i := range r.want {
			r.add(i, in[2][i%d.Out])
		}
	case kernel.LinearDataGrad:
		eachLinear(d.LinearShape, func(x, w, y int) { r.add(x, in[0][y]*in[1][w]) })
	case kernel.LinearWeightGrad:
		eachLinear(d.LinearShape, func(x, w, y int) { r.add(w, in[0][x]*in[1][y]) })
	case kernel.BiasGrad:
		for i, v := range in[0] {
			r.add(i%d.C, v)
		}
	}
}

// eachProduct calls f with the indices of every product x*w that y is made of.
func eachProduct(s kernel.ConvShape, f func(x, w, y int)) {
	for n := range s.N {
		for oy := range s.H {
			for ox := range s.W {
				for ky := range s.K {
					for kx := range s.K {
						iy, ix := oy+ky-s.K/2, ox+kx-s.K/2
						if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
							continue
						}
						for ci := range s.Ci {
							for co := range s.Co {
								f(((n*s.H+iy)*s.W+ix)*s.Ci+ci, ((ky*s.K+kx)*s.Ci+ci)*s.Co+co, ((n*s.H+oy)*s.W+ox)*s.Co+co)
							}
						}
					}
				}
			}
		}
	}
}

func eachLinear(s kernel.LinearShape, f func(x, w, y int)) {
	for n := range s.N {
		for i := range s.In {
			for o := range s.Out {
				f(n*s.In+i, i*s.Out+o, n*s.Out+o)
			}
		}
	}
}

func naiveEpilogue(r result, d kernel.Conv, in [][]float64) {
	for i := range r.want {
		next := 0
		if d.Bias {
			r.add(i, in[next][i%d.Co])
			next++
		}
		if d.Residual {
			r.add(i, in[next][i])
		}
		r.want[i] = act(r.want[i], d.Slope)
	}
}

func naivePointwise(r result, d kernel.Desc, in [][]float64) {
	for i, v := range in[0] {
		switch d := d.(type) {
		case kernel.Activate:
			if d.Kind == kernel.ReLU {
				r.set(i, math.Max(0, v))
			} else {
				r.set(i, 1/(1+math.Exp(-v)))
			}
		case kernel.ActivateGrad:
			switch {
			case d.Kind == kernel.Sigmoid:
				r.set(i, in[1][i]*v*(1-v))
			case v > 0:
				r.set(i, in[1][i])
			}
		case kernel.Add:
			r.add(i, v)
			r.add(i, in[1][i])
		case kernel.AddReLU:
			r.add(i, v)
			r.add(i, in[1][i])
			r.want[i] = math.Max(0, r.want[i])
		default:
			panic(fmt.Sprintf("no definition of %T", d))
		}
	}
}
