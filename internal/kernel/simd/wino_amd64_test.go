package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// winoMatrices are the transforms of Winograd as matrices, in exact fractions of float64.
func winoMatrices(z winoSize) (b, g, a [][]float64) {
	if z == winoSmall {
		b = [][]float64{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}
		g = [][]float64{{1, 0, 0}, {1. / 2, 1. / 2, 1. / 2}, {1. / 2, -1. / 2, 1. / 2}, {0, 0, 1}}
		return b, g, [][]float64{{1, 1, 1, 0}, {0, 1, -1, -1}}
	}
	b = [][]float64{
		{4, 0, -5, 0, 1, 0},
		{0, -4, -4, 1, 1, 0},
		{0, 4, -4, -1, 1, 0},
		{0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0},
		{0, 4, 0, -5, 0, 1},
	}
	g = [][]float64{
		{1. / 4, 0, 0},
		{-1. / 6, -1. / 6, -1. / 6},
		{-1. / 6, 1. / 6, -1. / 6},
		{1. / 24, 1. / 12, 1. / 6},
		{1. / 24, -1. / 12, 1. / 6},
		{0, 0, 1},
	}
	a = [][]float64{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}
	return b, g, a
}

// sandwich is m*x*m' of a square x, row by row.
func sandwich(m [][]float64, x []float64) []float64 {
	n := len(m[0])
	var out []float64
	for _, left := range m {
		for _, right := range m {
			var sum float64
			for i := range n {
				for j := range n {
					sum += left[i] * x[i*n+j] * right[j]
				}
			}
			out = append(out, sum)
		}
	}
	return out
}

// flip is the transpose of m.
func flip(m [][]float64) [][]float64 {
	out := make([][]float64, len(m[0]))
	for _, row := range m {
		for j, v := range row {
			out[j] = append(out[j], v)
		}
	}
	return out
}

func TestWinogradTransformsMatchTwins(t *testing.T) { onEachSet(t, testWinogradTransformsMatchTwins) }

func testWinogradTransformsMatchTwins(t *testing.T, isa simdSet) {
	s := isa.simd
	for _, c := range []int{s.lanes, 2 * s.lanes, 2*s.lanes + 3} {
		transformsMatchTwins(t, s, winoLarge, &s.wino, c)
		transformsMatchTwins(t, s, winoSmall, &s.winoSmall, c)
		gradTransformsMatchTwins(t, s, c)
	}
}

// squareOf is n elements as float64.
func squareOf(n int, at func(k int) float32) []float64 {
	x := make([]float64, n)
	for k := range x {
		x[k] = float64(at(k))
	}
	return x
}

func transformsMatchTwins(t *testing.T, s *simd, z winoSize, k *winoKernels, c int) {
	t.Helper()
	b, g, a := winoMatrices(z)
	r := rand.New(rand.NewPCG(13, 14))
	scratch, places := make([]float32, 1000), z.places()
	x, zero, v := randoms(r, 40*c), make([]float32, 6*c), make([]float32, places*(c+3))
	lines, pixel := tileOf(z.in(), c)
	k.input(c, &x[0], &zero[0], &lines[0], &v[0], c+3, &scratch[0])
	for j := range c {
		want := sandwich(b, squareOf(places, func(k int) float32 { return pixel(x, k, j) }))
		nearPlaces(t, fmt.Sprintf("size %d: input channel %d of %d", z, j, c), v, c+3, j, want)
	}
	n := c / s.lanes
	w, u := randoms(r, 9*c), make([]float32, places*(c+5))
	k.weights(n, &w[0], c, &u[0], c+5, &scratch[0])
	for j := range n * s.lanes {
		want := sandwich(g, squareOf(9, func(k int) float32 { return w[k*c+j] }))
		nearPlaces(t, fmt.Sprintf("size %d: weight %d of %d", z, j, c), u, c+5, j, want)
	}
	winoOutputMatches(t, s, z, k, a, r, c)
}

func gradTransformsMatchTwins(t *testing.T, s *simd, c int) {
	t.Helper()
	_, g, a := winoMatrices(winoLarge)
	r := rand.New(rand.NewPCG(15, 16))
	scratch := make([]float32, 1000)
	dy, zero, m := randoms(r, 16*c), make([]float32, 6*c), make([]float32, 36*(c+3))
	lines, pixel := tileOf(4, c)
	s.winoGrad(c, &dy[0], &zero[0], &lines[0], &m[0], c+3, &scratch[0])
	for j := range c {
		want := sandwich(flip(a), squareOf(16, func(k int) float32 { return pixel(dy, k, j) }))
		nearPlaces(t, fmt.Sprintf("gradient channel %d of %d", j, c), m, c+3, j, want)
	}
	n := c / s.lanes
	du, dw := randoms(r, 36*c), make([]float32, 9*(c+1))
	s.winoWeightsGrad(n, &du[0], c, &dw[0], c+1, &scratch[0])
	for j := range n * s.lanes {
		want := sandwich(flip(g), squareOf(36, func(k int) float32 { return du[k*c+j] }))
		nearPlaces(t, fmt.Sprintf("weight gradient %d of %d", j, c), dw, c+1, j, want)
	}
}

// tileOf describes a tile of side x side pixels of c channels, packed densely, of which one line and one
// column lie outside, and gives channel j of pixel k of it.
func tileOf(side, c int) (lines []int32, pixel func(x []float32, k, j int) float32) {
	for i := range side {
		lines = append(lines, int32(i*side*c))
	}
	for range side {
		lines = append(lines, -1)
	}
	lines[side-1], lines[side] = math.MinInt32, 0
	return lines, func(x []float32, k, j int) float32 {
		if k/side == side-1 || k%side == 0 {
			return 0
		}
		return x[k*c+j]
	}
}

// nearPlaces compares element j of all places with want.
func nearPlaces(t *testing.T, name string, got []float32, plane, j int, want []float64) {
	t.Helper()
	var g, w []float32
	for p, v := range want {
		g, w = append(g, got[p*plane+j]), append(w, float32(v))
	}
	near(t, name, g, w, 1e-5)
}

func winoOutputMatches(t *testing.T, s *simd, z winoSize, kernels *winoKernels, a [][]float64, r *rand.Rand, c int) {
	t.Helper()
	padded := ceilDiv(c, s.lanes) * s.lanes
	m, bias := randoms(r, z.places()*padded), randoms(r, padded)
	off := make([]int32, z.out()*z.out())
	for i := range off {
		off[i] = int32((len(off) - 1 - i) * c)
	}
	off[1], off[len(off)-1] = -1, -1
	for _, mode := range []struct {
		res   bool
		slope float32
	}{{false, 1}, {true, 1}, {true, 0}, {false, 0.1}} {
		y := randoms(r, 16*c)
		before := slices.Clone(y)
		spare, scratch := make([]float32, c), make([]float32, 1000)
		var res *float32
		if mode.res {
			res = &y[0]
		}
		kernels.output(c, &m[0], padded, &y[0], &off[0], &spare[0], &bias[0], res, mode.slope, &scratch[0])
		want := slices.Clone(before)
		for j := range c {
			x := make([]float64, z.places())
			for k := range x {
				x[k] = float64(m[k*padded+j])
			}
			for k, v := range sandwich(a, x) {
				if off[k] < 0 {
					continue
				}
				i := int(off[k]) + j
				v += float64(bias[j])
				if mode.res {
					v += float64(before[i])
				}
				want[i] = plan.Leaky(float32(v), mode.slope)
			}
		}
		near(t, fmt.Sprintf("size %d: output of %d channels, %+v", z, c, mode), y, want, 1e-5)
	}
}

// winogradSet plans every 3x3 convolution of enough channels with Winograd, whether it pays or not.
type winogradSet struct {
	simdSet
	size winoSize
}

func (w winogradSet) New(d kernel.Desc) (kernel.Kernel[float32], error) {
	s := w.simd
	switch d := d.(type) {
	case kernel.Conv:
		return newWinogradConv(s, w.size, d), nil
	case kernel.ConvDataGrad:
		return newWinogradDataGrad(s, w.size, d), nil
	case kernel.ConvWeightGrad:
		return newWinogradGrad(s, d.ConvShape), nil
	}
	return w.simdSet.New(d)
}

func TestWinogradMatchesPortable(t *testing.T) { onEachSet(t, testWinogradMatchesPortable) }

func testWinogradMatchesPortable(t *testing.T, isa simdSet) {
	shapes := []kernel.ConvShape{
		{N: 1, H: 4, W: 4, Ci: 8, Co: 8, K: 3},
		{N: 2, H: 7, W: 7, Ci: 16, Co: 24, K: 3},
		{N: 1, H: 1, W: 1, Ci: 9, Co: 8, K: 3},
		{N: 3, H: 9, W: 14, Ci: 20, Co: 12, K: 3},
		{N: 1, H: 13, W: 3, Ci: 76, Co: 76, K: 3},
		{N: 5, H: 8, W: 8, Ci: 33, Co: 47, K: 3},
		{N: 2, H: 28, W: 28, Ci: 128, Co: 64, K: 3},
		{N: 3, H: 17, W: 19, Ci: 152, Co: 304, K: 3},
	}
	for _, size := range []winoSize{winoSmall, winoLarge} {
		set := winogradSet{isa, size}
		for _, s := range shapes {
			// The transforms work on whole vectors of channels; winogradPays asks for more than that.
			s.Ci, s.Co = max(s.Ci, isa.simd.lanes), max(s.Co, isa.simd.lanes)
			t.Run(fmt.Sprintf("size %d %v", size, s), func(t *testing.T) {
				for _, d := range []kernel.Desc{
					kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Slope: 1}},
					kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true, Residual: true, Slope: 0.001}},
					kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true}, ConstWeights: true},
					kernel.ConvDataGrad{ConvShape: s},
					kernel.ConvDataGrad{ConvShape: s, Accumulate: true},
				} {
					matchesPortable(t, set, d, 1e-4)
				}
				if size == winoLarge {
					matchesPortable(t, set, kernel.ConvWeightGrad{ConvShape: s}, 1e-4)
				}
			})
		}
	}
}

func TestWinogradIsChosenWhereItPays(t *testing.T) { onEachSet(t, testWinogradIsChosenWhereItPays) }

func testWinogradIsChosenWhereItPays(t *testing.T, isa simdSet) {
	few := winoSmall
	if isa.simd.lanes < 16 {
		few = winoLarge
	}
	for _, c := range []struct {
		shape        kernel.ConvShape
		constWeights bool
		want         winoSize
	}{
		{kernel.ConvShape{N: 1, H: 56, W: 56, Ci: 64, Co: 64, K: 3}, false, winoLarge},
		{kernel.ConvShape{N: 16, H: 7, W: 7, Ci: 512, Co: 512, K: 3}, false, winoLarge},
		{kernel.ConvShape{N: 1, H: 14, W: 14, Ci: 256, Co: 256, K: 3}, true, few}, // 16 large tiles for 9.4 million weights
		{kernel.ConvShape{N: 1, H: 14, W: 14, Ci: 256, Co: 256, K: 3}, false, 0},  // transforming the weights costs what it saves
		{kernel.ConvShape{N: 1, H: 7, W: 7, Ci: 512, Co: 512, K: 3}, true, winoSmall},
		{kernel.ConvShape{N: 64, H: 2, W: 2, Ci: 64, Co: 64, K: 3}, false, 0}, // three of four outputs of a large tile are wasted
		{kernel.ConvShape{N: 4, H: 56, W: 56, Ci: 64, Co: 64, K: 1}, false, 0},
		{kernel.ConvShape{N: 4, H: 56, W: 56, Ci: 8, Co: 64, K: 3}, false, 0},
	} {
		k, err := isa.New(kernel.Conv{ConvShape: c.shape, Epilogue: kernel.Epilogue{Slope: 1}, ConstWeights: c.constWeights})
		if err != nil {
			t.Fatal(err)
		}
		var got winoSize
		if w, ok := k.(*winograd); ok {
			got = w.winoSize
		}
		if got != c.want {
			t.Errorf("%+v: planned as %T of size %d", c, k, got)
		}
	}
}

func TestWinogradGivesTheSameBitsForAnyNumberOfWorkers(t *testing.T) {
	onEachSet(t, testWinogradGivesTheSameBitsForAnyNumberOfWorkers)
}

// Few workers do blocks of their own, more of them share blocks, many share several at a time.
func testWinogradGivesTheSameBitsForAnyNumberOfWorkers(t *testing.T, isa simdSet) {
	for _, c := range []kernel.ConvShape{{N: 5, H: 29, W: 31, Ci: 48, Co: 32, K: 3}, {N: 1, H: 14, W: 14, Ci: 64, Co: 48, K: 3}} {
		set := winogradSet{isa, winoLarge}
		for _, d := range []kernel.Desc{
			kernel.Conv{ConvShape: c, Epilogue: kernel.Epilogue{Bias: true, Residual: true}},
			kernel.ConvDataGrad{ConvShape: c},
			kernel.ConvStats{ConvShape: c},
		} {
			var want, wantSecond []float32
			for _, workers := range []int{1, 2, 3, 8, 20} {
				k, err := set.New(d)
				if err != nil {
					t.Fatal(err)
				}
				p := kernel.NewPool(workers)
				ctx := &kernel.Ctx[float32]{Pool: p, Work: make([]float32, k.Work(workers)), Aux: make([]float32, 2*c.Co)}
				got := make([]float32, d.Output())
				k.Run(ctx, got, operands(d))
				p.Close()
				if want == nil {
					want, wantSecond = got, ctx.Aux
				}
				if !slices.Equal(got, want) || !slices.Equal(ctx.Aux, wantSecond) {
					t.Fatalf("%T%+v: %d workers give other bits than one", d, d, workers)
				}
			}
		}
	}
}
