package portable_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// runner runs portable float64 kernels for the gradient tests.
type runner struct {
	t    *testing.T
	pool *kernel.Pool
}

func newRunner(t *testing.T) runner {
	p := kernel.NewPool(2)
	t.Cleanup(p.Close)
	return runner{t, p}
}

func (r runner) run(d kernel.Desc, in ...[]float64) []float64 {
	r.t.Helper()
	k, err := portable.New[float64]().New(d)
	if err != nil {
		r.t.Fatal(err)
	}
	out := make([]float64, d.Output())
	k.Run(&kernel.Ctx[float64]{Pool: r.pool, Work: make([]float64, k.Work(r.pool.Workers()))}, out, in)
	return out
}

// agrees compares grad with the central differences of the sum of seed*forward() by the elements of x.
func (r runner) agrees(what string, grad, x, seed []float64, forward func() []float64) {
	r.t.Helper()
	const step = 1e-5
	value := func() (sum float64) {
		for i, v := range forward() {
			sum += v * seed[i]
		}
		return sum
	}
	var largest float64
	for _, g := range grad {
		largest = max(largest, math.Abs(g))
	}
	for i, v := range x {
		x[i] = v + step
		above := value()
		x[i] = v - step
		below := value()
		x[i] = v
		if want := (above - below) / (2 * step); !(math.Abs(grad[i]-want) <= 1e-6*max(1, largest)) {
			r.t.Fatalf("%s: gradient %d of %d is %g, central differences give %g", what, i, len(x), grad[i], want)
		}
	}
}

func randoms(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

// awayFrom0 moves values out of the reach of a step across a kink at 0.
func awayFrom0(v []float64) []float64 {
	for i, x := range v {
		if math.Abs(x) < 0.01 {
			v[i] = 0.02
		}
	}
	return v
}

func TestConvGradientsMatchCentralDifferences(t *testing.T) {
	r := newRunner(t)
	for _, s := range []kernel.ConvShape{
		{N: 2, H: 3, W: 5, Ci: 3, Co: 5, K: 3},
		{N: 1, H: 1, W: 1, Ci: 5, Co: 7, K: 3},
		{N: 2, H: 5, W: 1, Ci: 7, Co: 3, K: 1},
		{N: 1, H: 4, W: 3, Ci: 1, Co: 2, K: 5},
	} {
		d := kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Slope: 1}}
		x, w := randoms(d.Inputs()[0], 1), randoms(d.Inputs()[1], 2)
		seed := randoms(d.Output(), 3)
		forward := func() []float64 { return r.run(d, x, w) }
		r.agrees(fmt.Sprintf("dx of %+v", s), r.run(kernel.ConvDataGrad{ConvShape: s}, seed, w), x, seed, forward)
		r.agrees(fmt.Sprintf("dw of %+v", s), r.run(kernel.ConvWeightGrad{ConvShape: s}, x, seed), w, seed, forward)
	}
}

func TestLinearGradientsMatchCentralDifferences(t *testing.T) {
	r := newRunner(t)
	s := kernel.LinearShape{N: 3, In: 7, Out: 5}
	d := kernel.Linear{LinearShape: s}
	x, w, b := randoms(21, 1), randoms(35, 2), randoms(5, 3)
	seed := randoms(15, 4)
	forward := func() []float64 { return r.run(d, x, w, b) }
	r.agrees("dx", r.run(kernel.LinearDataGrad{LinearShape: s}, seed, w), x, seed, forward)
	r.agrees("dw", r.run(kernel.LinearWeightGrad{LinearShape: s}, x, seed), w, seed, forward)
	r.agrees("db", r.run(kernel.BiasGrad{Rows: 3, C: 5}, seed), b, seed, forward)
}

// The gradient goes through the batch statistics as well.
func TestABNGradientsMatchCentralDifferences(t *testing.T) {
	r := newRunner(t)
	for _, slope := range []float64{1, 0.3, 1e-2, 0} {
		for _, fromY := range []bool{false, true} {
			if fromY && slope == 0 {
				continue
			}
			s := kernel.ABNShape{Rows: 15, C: 3, Slope: slope}
			what := fmt.Sprintf("slope %g, from y %v", slope, fromY)
			z, gamma, beta := randoms(45, 1), []float64{0.7, -1.3, 0.2}, []float64{0.1, -0.4, 0.9}
			seed := randoms(45, 2)
			stats := func() []float64 { return r.run(kernel.BNStats{Rows: 15, C: 3}, z) }
			forward := func() []float64 { return r.run(kernel.ABN{ABNShape: s}, z, stats(), gamma, beta) }
			kept := z
			if fromY {
				kept = forward()
			}
			sums := r.run(kernel.ABNReduce{ABNShape: s, FromY: fromY}, kept, seed, stats(), gamma, beta)
			dz := r.run(kernel.ABNInputGrad{ABNShape: s, FromY: fromY}, kept, seed, stats(), sums, gamma, beta)
			r.agrees("dz, "+what, dz, z, seed, forward)
			r.agrees("dgamma, "+what, r.run(kernel.ABNGammaGrad{C: 3}, sums, gamma), gamma, seed, forward)
			r.agrees("dbeta, "+what, r.run(kernel.ABNBetaGrad{C: 3}, sums), beta, seed, forward)
		}
	}
}

// The zero-initialised gain of a block's last ABN has to learn: d|gamma|/dgamma is +1 at 0 and -0.
func TestZeroGammaHasAPositiveGradient(t *testing.T) {
	r := newRunner(t)
	sums := []float64{1, 2, 3, 4, 5, 6}
	got := r.run(kernel.ABNGammaGrad{C: 3}, sums, []float64{0, math.Copysign(0, -1), -1})
	for i, want := range []float64{4, 5, -6} {
		if got[i] != want {
			t.Errorf("gradient %d is %g, want %g", i, got[i], want)
		}
	}
}

func TestMapGradientsMatchCentralDifferences(t *testing.T) {
	r := newRunner(t)
	for _, s := range []kernel.MapShape{
		{N: 2, H: 3, W: 5, C: 3}, {N: 1, H: 2, W: 2, C: 1}, {N: 1, H: 7, W: 4, C: 2}, {N: 3, H: 5, W: 6, C: 1},
	} {
		for _, pair := range [][2]kernel.Desc{
			{kernel.BlurPool{MapShape: s}, kernel.BlurPoolGrad{MapShape: s}},
			{kernel.AvgPool{MapShape: s}, kernel.AvgPoolGrad{MapShape: s}},
			{kernel.GlobalPool{MapShape: s}, kernel.GlobalPoolGrad{MapShape: s}},
		} {
			x, seed := randoms(s.N*s.H*s.W*s.C, 1), randoms(pair[0].Output(), 2)
			r.agrees(fmt.Sprintf("%T%+v", pair[1], s), r.run(pair[1], seed), x, seed,
				func() []float64 { return r.run(pair[0], x) })
		}
		x, scale := randoms(s.N*s.H*s.W*s.C, 1), randoms(s.N*s.C, 2)
		seed := randoms(len(x), 3)
		forward := func() []float64 { return r.run(kernel.ScaleChannels{MapShape: s}, x, scale) }
		r.agrees("scale by x", r.run(kernel.ScaleChannels{MapShape: s}, seed, scale), x, seed, forward)
		r.agrees("scale by s", r.run(kernel.ScaleChannelsGrad{MapShape: s}, x, seed), scale, seed, forward)
	}
	deep := kernel.MapShape{N: 2, H: 4, W: 8, C: 3}
	x, seed := randoms(192, 1), randoms(192, 2)
	r.agrees("space to depth", r.run(kernel.SpaceToDepthGrad{MapShape: deep}, seed), x, seed,
		func() []float64 { return r.run(kernel.SpaceToDepth{MapShape: deep}, x) })
}

func TestActivationGradientsMatchCentralDifferences(t *testing.T) {
	r := newRunner(t)
	for _, kind := range []kernel.Activation{kernel.ReLU, kernel.Sigmoid} {
		x, seed := awayFrom0(randoms(37, 1)), randoms(37, 2)
		forward := func() []float64 { return r.run(kernel.Activate{Len: 37, Kind: kind}, x) }
		grad := r.run(kernel.ActivateGrad{Len: 37, Kind: kind}, forward(), seed)
		r.agrees(fmt.Sprintf("activation %d", kind), grad, x, seed, forward)
	}
	a, b, seed := randoms(37, 3), randoms(37, 4), randoms(37, 5)
	forward := func() []float64 { return r.run(kernel.AddReLU{Len: 37}, a, b) }
	grad := r.run(kernel.ActivateGrad{Len: 37, Kind: kernel.ReLU}, forward(), seed)
	r.agrees("add and ReLU by a", grad, a, seed, forward)
	r.agrees("add and ReLU by b", grad, b, seed, forward)
}
