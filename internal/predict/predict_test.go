package predict

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"csl/internal/dataset"
	"csl/internal/fixture"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/kernel/kerneltest"
	"csl/internal/model"
)

func newCPU(t *testing.T) *graph.CPU {
	t.Helper()
	be, err := graph.NewCPU(2, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	return be
}

func weights(t *testing.T) *model.Weights {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.NumClasses = 5
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(1)
	return w
}

func noise(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = r.Float32()
	}
	return x
}

func TestLogitsOfAImageDoNotDependOnItsBatch(t *testing.T) {
	r, err := New(newCPU(t), weights(t), nil, 4, 32, 64)
	if err != nil {
		t.Fatal(err)
	}
	const sample = 32 * 64 * 3
	x := noise(3 * sample)
	all, err := r.Logits(x, 3)
	if err != nil || len(all) != 15 {
		t.Fatalf("%d logits, %v", len(all), err)
	}
	all = slices.Clone(all)
	for i := range 3 {
		one, err := r.Logits(x[i*sample:(i+1)*sample], 1)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range one {
			if math.Abs(float64(v-all[i*5+k])) > 1e-5 {
				t.Errorf("image %d, class %d: %v alone, %v in the batch", i, k, v, all[i*5+k])
			}
		}
	}
}

func TestLogitsAreThoseOfTheUnfoldedNetwork(t *testing.T) {
	be, w := newCPU(t), weights(t)
	r, err := New(be, w, nil, 4, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	x := noise(2 * 32 * 32 * 3)
	got, err := r.Logits(x, 2)
	if err != nil {
		t.Fatal(err)
	}
	net, err := model.NewEvalNet(be, w, model.Options{Batch: 2, Height: 32, Width: 32})
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Input(), x)
	if err := net.Run(); err != nil {
		t.Fatal(err)
	}
	want, err := net.Logits()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want {
		if math.Abs(float64(got[i]-v)) > 1e-4*max(1, math.Abs(float64(v))) {
			t.Errorf("logit %d: %v, want %v", i, got[i], v)
		}
	}
}

func TestWrongSizesAreErrors(t *testing.T) {
	be, w := newCPU(t), weights(t)
	for _, size := range [][2]int{{30, 32}, {32, 28}, {0, 0}} {
		if _, err := New(be, w, nil, 1, size[0], size[1]); err == nil {
			t.Errorf("%v was taken", size)
		}
	}
	r, err := New(be, w, nil, 4, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Logits(make([]float32, 100), 1); err == nil || !strings.Contains(err.Error(), "100 values for 1 images of 32x32") {
		t.Errorf("err = %v", err)
	}
	if _, err := r.Logits(nil, 0); err == nil {
		t.Error("a batch of nothing was taken")
	}
}

func TestSigmoidIsExactAtItsEnds(t *testing.T) {
	z := []float32{0, -1e4, 1e4, float32(math.Inf(-1)), -100, 2}
	want := []float32{0.5, 0, 1, 0, 3.783506e-44, 0.880797}
	got := slices.Clone(z)
	Sigmoid(got, got)
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6*float64(want[i]) {
			t.Errorf("sigmoid(%v) = %v, want %v", z[i], got[i], want[i])
		}
	}
}

func TestPassTakesEveryImageOnceInOrder(t *testing.T) {
	d := fixture.Make(t, 0, 5)
	c, err := dataset.Open(context.Background(), dataset.Options{Root: d.Dir, Annotations: d.Val})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l, err := c.Loader(context.Background(), dataset.Loading{Height: 32, Width: 32, Interpolation: "bilinear", Batch: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen []int
	use := func(b *loader.Batch) error {
		seen = append(seen, b.Samples...)
		return nil
	}
	if err := Pass(context.Background(), l, 0, garbage.Hooks{}, use); err != nil || !slices.Equal(seen, []int{0, 1, 2, 3, 4}) {
		t.Errorf("samples %v, %v", seen, err)
	}
	broken := errors.New("no room")
	if err := Pass(context.Background(), l, 0, garbage.Hooks{}, func(*loader.Batch) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = Pass(ctx, l, 0, garbage.Hooks{}, func(*loader.Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
