package simd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// operands are random inputs of d.
func operands(d kernel.Desc) [][]float32 {
	r := rand.New(rand.NewPCG(3, 4))
	var in [][]float32
	for _, n := range d.Inputs() {
		in = append(in, randoms(r, n))
	}
	return in
}

// compute plans and runs d once on so many workers.
func compute(t testing.TB, s kernel.Set[float32], d kernel.Desc, in [][]float32, workers int) []float32 {
	t.Helper()
	k, err := s.New(d)
	if err != nil {
		t.Fatal(err)
	}
	p := kernel.NewPool(workers)
	defer p.Close()
	out := make([]float32, d.Output())
	k.Run(&kernel.Ctx[float32]{Pool: p, Work: make([]float32, k.Work(workers))}, out, kernel.WithPacked(p, k, in))
	return out
}

// directSet plans convolutions without Winograd, also where it pays.
type directSet struct{ simdSet }

func (w directSet) New(d kernel.Desc) (kernel.Kernel[float32], error) {
	s := w.simd
	switch d := d.(type) {
	case kernel.Conv:
		return newSIMDConv(s, d), nil
	case kernel.ConvDataGrad:
		return newSIMDDataGrad(s, d), nil
	case kernel.ConvWeightGrad:
		return newWeightGrad(s, d.ConvShape), nil
	}
	return w.simdSet.New(d)
}

// matchesPortable compares a set with the portable one, and one worker with three.
func matchesPortable(t *testing.T, s kernel.Set[float32], d kernel.Desc, tolerance float64) {
	t.Helper()
	in := operands(d)
	got := compute(t, s, d, in, 1)
	near(t, "against portable", got, compute(t, portable.New[float32](), d, in, 1), tolerance)
	if !slices.Equal(got, compute(t, s, d, in, 3)) {
		t.Fatal("three workers differ from one")
	}
}

// oddShapes are convolutions whose sides and channels fit no tile, and TResNet's channel counts.
func oddShapes() []kernel.ConvShape {
	shapes := []kernel.ConvShape{
		{N: 1, H: 1, W: 1, Ci: 1, Co: 1, K: 1},
		{N: 1, H: 1, W: 1, Ci: 1, Co: 1, K: 3},
		{N: 2, H: 3, W: 5, Ci: 3, Co: 7, K: 3},
		{N: 1, H: 7, W: 7, Ci: 13, Co: 17, K: 1},
		{N: 3, H: 4, W: 4, Ci: 8, Co: 24, K: 3},
		{N: 1, H: 9, W: 2, Ci: 5, Co: 31, K: 5},
		{N: 7, H: 7, W: 7, Ci: 16, Co: 16, K: 3},
		{N: 2, H: 17, W: 13, Ci: 12, Co: 20, K: 3},
		{N: 2, H: 13, W: 17, Ci: 33, Co: 9, K: 1},
	}
	for _, c := range []int{64, 76, 128, 152, 256, 304} {
		shapes = append(shapes, kernel.ConvShape{N: 2, H: 3, W: 4, Ci: c, Co: c, K: 3}, kernel.ConvShape{N: 1, H: 5, W: 3, Ci: 48, Co: c, K: 3})
	}
	for _, c := range []int{512, 608, 1024, 2048, 2432} {
		shapes = append(shapes, kernel.ConvShape{N: 2, H: 2, W: 3, Ci: c, Co: 76, K: 1}, kernel.ConvShape{N: 1, H: 3, W: 3, Ci: 152, Co: c, K: 1})
	}
	return shapes
}

// Several images or rows per band, the last band shorter.
func TestWeightGradOfManyBandsMatchesPortable(t *testing.T) {
	onEachSet(t, testWeightGradOfManyBandsMatchesPortable)
}

func testWeightGradOfManyBandsMatchesPortable(t *testing.T, isa simdSet) {
	set := directSet{isa}
	for _, s := range []kernel.ConvShape{{N: 5, H: 40, W: 40, Ci: 96, Co: 80, K: 3}, {N: 1, H: 101, W: 100, Ci: 64, Co: 48, K: 3}, {N: 2, H: 67, W: 61, Ci: 130, Co: 140, K: 1}} {
		if k := newWeightGrad(set.simd, s); k.bands < 2 {
			t.Fatalf("%v has %d bands", s, k.bands)
		}
		matchesPortable(t, set, kernel.ConvWeightGrad{ConvShape: s}, 1e-5)
	}
}

func TestLinearsMatchPortable(t *testing.T) { onEachSet(t, testLinearsMatchPortable) }

func testLinearsMatchPortable(t *testing.T, isa simdSet) {
	set := directSet{isa}
	for _, s := range []kernel.LinearShape{{N: 1, In: 1, Out: 1}, {N: 3, In: 5, Out: 7}, {N: 16, In: 37, Out: 300}, {N: 2, In: 2048, Out: 80}, {N: 33, In: 100, Out: 16}, {N: 70, In: 19, Out: 9}, {N: 7, In: 152, Out: 38}, {N: 16, In: 64, Out: 300}, {N: 5, In: 300, Out: 40}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			matchesPortable(t, set, kernel.Linear{LinearShape: s}, 1e-5)
			matchesPortable(t, set, kernel.Linear{LinearShape: s, ConstWeights: true}, 1e-5)
			matchesPortable(t, set, kernel.LinearDataGrad{LinearShape: s}, 1e-5)
			matchesPortable(t, set, kernel.LinearWeightGrad{LinearShape: s}, 1e-5)
		})
	}
}

func TestConvolutionsMatchPortable(t *testing.T) { onEachSet(t, testConvolutionsMatchPortable) }

func testConvolutionsMatchPortable(t *testing.T, isa simdSet) {
	set := directSet{isa}
	for _, s := range oddShapes() {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			matchesPortable(t, set, kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Slope: 1}}, 1e-5)
			matchesPortable(t, set, kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true, Residual: true, Slope: 0.001}}, 1e-5)
			matchesPortable(t, set, kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true}, ConstWeights: true}, 1e-5)
			matchesPortable(t, set, kernel.ConvDataGrad{ConvShape: s}, 1e-5)
			matchesPortable(t, set, kernel.ConvWeightGrad{ConvShape: s}, 1e-5)
		})
	}
}
