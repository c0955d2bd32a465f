package kerneltest

import (
	"math"
	"strings"
	"testing"

	"csl/internal/kernel"
)

// stranger is a descriptor that no set knows; double is one that brings its own kernels.
type stranger struct{ kernel.Add }

type double struct{ Len int }

func (d double) Inputs() []int { return []int{d.Len} }
func (d double) Output() int   { return d.Len }
func (d double) FLOPs() int64  { return int64(d.Len) }

func (d double) Kernel32(kernel.Set[float32]) kernel.Kernel[float32] { return doubler[float32]{} }
func (d double) Kernel64() kernel.Kernel[float64]                    { return doubler[float64]{} }

type doubler[T kernel.Float] struct{}

func (doubler[T]) Work(int) int { return 0 }

func (doubler[T]) Run(_ *kernel.Ctx[T], out []T, in [][]T) {
	for i, v := range in[0] {
		out[i] = 2 * v
	}
}

func testUnknown[T kernel.Float](t *testing.T, set kernel.Set[T]) {
	_, err := set.New(stranger{kernel.Add{Len: 3}})
	if err == nil || !strings.Contains(err.Error(), "kerneltest.stranger") {
		t.Errorf("an unknown descriptor gives the error %v, which does not name its type", err)
	}
}

func testImpossible[T kernel.Float](t *testing.T, set kernel.Set[T]) {
	for _, d := range []kernel.Desc{
		kernel.Conv{ConvShape: kernel.ConvShape{N: 1, H: 4, W: 4, Ci: 1, Co: 1, K: 2}},
		kernel.ConvStats{ConvShape: kernel.ConvShape{N: 1, H: 4, W: 4, Ci: 1, Co: 1, K: 2}},
		kernel.ConvDataGrad{ConvShape: kernel.ConvShape{N: 0, H: 4, W: 4, Ci: 1, Co: 1, K: 3}},
		kernel.SpaceToDepth{MapShape: kernel.MapShape{N: 1, H: 6, W: 8, C: 3}},
		kernel.BlurPool{MapShape: kernel.MapShape{N: 1, H: 1, W: 8, C: 3}},
		kernel.ABNReduce{ABNShape: kernel.ABNShape{Rows: 2, C: 2}, FromY: true},
		kernel.ABN{ABNShape: kernel.ABNShape{Rows: 2, C: 2, Slope: 1.5}},
		kernel.Activate{Len: 1, Kind: 9},
		kernel.Add{Len: -1},
	} {
		if _, err := set.New(d); err == nil || !strings.Contains(err.Error(), typeName(d)) {
			t.Errorf("%T%+v gives the error %v, which does not name it", d, d, err)
		}
	}
}

func testCustom[T kernel.Float](t *testing.T, set kernel.Set[T]) {
	k, err := set.New(double{Len: 2})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]T, 2)
	k.Run(nil, out, [][]T{{1, -3}})
	if out[0] != 2 || out[1] != -6 {
		t.Errorf("the custom kernel gave %v, want [2 -6]", out)
	}
}

// testNaN: the machine finds the origin of a NaN by looking at values, so no kernel may hide one.
func testNaN[T kernel.Float](t *testing.T, set kernel.Set[T], p *kernel.Pool) {
	m := kernel.MapShape{N: 1, H: 4, W: 4, C: 9}
	abn := kernel.ABNShape{Rows: 16, C: 9, Slope: 1e-3}
	conv := kernel.ConvShape{N: 1, H: 4, W: 4, Ci: 9, Co: 9, K: 3}
	for _, d := range []kernel.Desc{
		kernel.Conv{ConvShape: conv},
		kernel.Conv{ConvShape: conv, Epilogue: kernel.Epilogue{Slope: 1e-3}},
		kernel.ConvStats{ConvShape: conv},
		kernel.ConvDataGrad{ConvShape: conv},
		kernel.ConvWeightGrad{ConvShape: conv},
		kernel.BNStats{Rows: 16, C: 9},
		kernel.ABN{ABNShape: abn},
		kernel.ABNAddReLU{Rows: 16, C: 9},
		kernel.ABNEval{ABNShape: abn},
		kernel.BlurPool{MapShape: m},
		kernel.AvgPool{MapShape: m},
		kernel.GlobalPool{MapShape: m},
		kernel.ScaleChannels{MapShape: m},
		kernel.ScaleAddReLU{MapShape: m},
		kernel.SqueezeGrad{MapShape: m},
		kernel.Activate{Len: 144, Kind: kernel.ReLU},
		kernel.Activate{Len: 144, Kind: kernel.Sigmoid},
		kernel.Add{Len: 144},
		kernel.AddReLU{Len: 144},
	} {
		k, err := set.New(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, 143} {
			in := inputs[T](d)
			in[0][at] = T(math.NaN())
			out, err := run(k, p, d, in, -1)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, v := range out {
				found = found || v != v
			}
			if !found {
				t.Errorf("%T%+v hides a NaN at %d of its input", d, d, at)
			}
		}
	}
}

// testLargeMean: the variance must not cancel where the mean is far larger than the spread.
func testLargeMean[T kernel.Float](t *testing.T, set kernel.Set[T], p *kernel.Pool) {
	d := kernel.BNStats{Rows: 5000, C: 9}
	k, err := set.New(d)
	if err != nil {
		t.Fatal(err)
	}
	in := inputs[T](d)
	for i := range in[0] {
		in[0][i] = in[0][i]*0.1 + T(1000*(1+i%d.C))
	}
	in[0][3] = 0 // the first row of a channel may be far from its mean
	want, magnitude := naive(d, widenAll(in))
	out, err := run(k, p, d, in, -1)
	if err != nil {
		t.Fatal(err)
	}
	if err := compare(out, want, magnitude, largeMeanTolerance[T]()); err != nil {
		t.Error(err)
	}
}

// largeMeanTolerance is that of BNStats, but for float64, where the naive definition's own rounding of the
// mean is 1e-12 of 9000.
func largeMeanTolerance[T kernel.Float]() float64 {
	if _, ok := any(T(0)).(float64); ok {
		return 1e-9
	}
	return 1e-6
}

func testSigmoid[T kernel.Float](t *testing.T, set kernel.Set[T], p *kernel.Pool) {
	inf := math.Inf(1)
	x := []T{T(inf), T(-inf), 0, 1e-8, -1e-8, 20, -20, 50, -50, 80, -80, 200, -200, 1e30, -1e30, 3, -3}
	d := kernel.Activate{Len: len(x), Kind: kernel.Sigmoid}
	k, err := set.New(d)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(k, p, d, [][]T{x}, -1)
	if err != nil {
		t.Fatal(err)
	}
	want, magnitude := naive(d, widenAll([][]T{x}))
	if err := compare(out, want, magnitude, tolerance[T](d)); err != nil {
		t.Error(err)
	}
}
