package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// operands are random inputs of d.
func operands(d Desc) [][]float32 {
	r := rand.New(rand.NewPCG(3, 4))
	var in [][]float32
	for _, n := range d.Inputs() {
		in = append(in, randoms(r, n))
	}
	return in
}

// compute plans and runs d once on so many workers.
func compute(t testing.TB, s Set[float32], d Desc, in [][]float32, workers int) []float32 {
	t.Helper()
	k, err := s.New(d)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(workers)
	defer p.Close()
	out := make([]float32, d.Output())
	k.Run(&Ctx[float32]{Pool: p, Work: make([]float32, k.Work(workers))}, out, WithPacked(p, k, in))
	return out
}

// directSet plans convolutions without Winograd, also where it pays.
type directSet struct{ simdSet }

func (w directSet) New(d Desc) (Kernel[float32], error) {
	s := w.simd
	switch d := d.(type) {
	case Conv:
		return newSIMDConv(s, d), nil
	case ConvDataGrad:
		return newSIMDDataGrad(s, d), nil
	case ConvWeightGrad:
		return newWeightGrad(s, d.ConvShape), nil
	}
	return w.simdSet.New(d)
}

// matchesPortable compares a set with the portable one, and one worker with three.
func matchesPortable(t *testing.T, s Set[float32], d Desc, tolerance float64) {
	t.Helper()
	in := operands(d)
	got := compute(t, s, d, in, 1)
	near(t, "against portable", got, compute(t, Portable[float32](), d, in, 1), tolerance)
	if !slices.Equal(got, compute(t, s, d, in, 3)) {
		t.Fatal("three workers differ from one")
	}
}

// oddShapes are convolutions whose sides and channels fit no tile, and TResNet's channel counts.
func oddShapes() []ConvShape {
	shapes := []ConvShape{
		{1, 1, 1, 1, 1, 1},
		{1, 1, 1, 1, 1, 3},
		{2, 3, 5, 3, 7, 3},
		{1, 7, 7, 13, 17, 1},
		{3, 4, 4, 8, 24, 3},
		{1, 9, 2, 5, 31, 5},
		{7, 7, 7, 16, 16, 3},
		{2, 17, 13, 12, 20, 3},
		{2, 13, 17, 33, 9, 1},
	}
	for _, c := range []int{64, 76, 128, 152, 256, 304} {
		shapes = append(shapes, ConvShape{2, 3, 4, c, c, 3}, ConvShape{1, 5, 3, 48, c, 3})
	}
	for _, c := range []int{512, 608, 1024, 2048, 2432} {
		shapes = append(shapes, ConvShape{2, 2, 3, c, 76, 1}, ConvShape{1, 3, 3, 152, c, 1})
	}
	return shapes
}

// Several images or rows per band, the last band shorter.
func TestWeightGradOfManyBandsMatchesPortable(t *testing.T) {
	onEachSet(t, testWeightGradOfManyBandsMatchesPortable)
}

func testWeightGradOfManyBandsMatchesPortable(t *testing.T, isa simdSet) {
	set := directSet{isa}
	for _, s := range []ConvShape{{5, 40, 40, 96, 80, 3}, {1, 101, 100, 64, 48, 3}, {2, 67, 61, 130, 140, 1}} {
		if k := newWeightGrad(set.simd, s); k.bands < 2 {
			t.Fatalf("%v has %d bands", s, k.bands)
		}
		matchesPortable(t, set, ConvWeightGrad{s}, 1e-5)
	}
}

func TestLinearsMatchPortable(t *testing.T) { onEachSet(t, testLinearsMatchPortable) }

func testLinearsMatchPortable(t *testing.T, isa simdSet) {
	set := directSet{isa}
	for _, s := range []LinearShape{{1, 1, 1}, {3, 5, 7}, {16, 37, 300}, {2, 2048, 80}, {33, 100, 16}, {70, 19, 9}, {7, 152, 38}, {16, 64, 300}, {5, 300, 40}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			matchesPortable(t, set, Linear{LinearShape: s}, 1e-5)
			matchesPortable(t, set, Linear{LinearShape: s, ConstWeights: true}, 1e-5)
			matchesPortable(t, set, LinearDataGrad{s}, 1e-5)
			matchesPortable(t, set, LinearWeightGrad{s}, 1e-5)
		})
	}
}

func TestConvolutionsMatchPortable(t *testing.T) { onEachSet(t, testConvolutionsMatchPortable) }

func testConvolutionsMatchPortable(t *testing.T, isa simdSet) {
	set := directSet{isa}
	for _, s := range oddShapes() {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			matchesPortable(t, set, Conv{ConvShape: s, Epilogue: Epilogue{Slope: 1}}, 1e-5)
			matchesPortable(t, set, Conv{ConvShape: s, Epilogue: Epilogue{Bias: true, Residual: true, Slope: 0.001}}, 1e-5)
			matchesPortable(t, set, Conv{ConvShape: s, Epilogue: Epilogue{Bias: true}, ConstWeights: true}, 1e-5)
			matchesPortable(t, set, ConvDataGrad{ConvShape: s}, 1e-5)
			matchesPortable(t, set, ConvWeightGrad{s}, 1e-5)
		})
	}
}
