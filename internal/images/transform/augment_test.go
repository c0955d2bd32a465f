package transform

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"csl/internal/images/imagestest"

	"csl/internal/images"
)

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	imagestest.Must(t, err)
	imagestest.Must(t, json.Unmarshal(data, v))
}

func clone(m *images.RGB) *images.RGB { return &images.RGB{W: m.W, H: m.H, Pix: slices.Clone(m.Pix)} }

func TestOperationsEqualTorchvision(t *testing.T) {
	var cases []struct {
		Input, Op string
		Magnitude float64
	}
	readJSON(t, "../testdata/augment/cases.json", &cases)
	shape, data := imagestest.ReadNPY(t, "../testdata/augment/outputs.npy")
	if len(cases) < 80 || shape[0] != len(cases) {
		t.Fatalf("%d cases, outputs %v", len(cases), shape)
	}
	ops := map[string]operation{}
	for _, op := range operations() {
		ops[op.name] = op
	}
	size := len(data) / len(cases)
	for i, c := range cases {
		op, ok := ops[c.Op]
		if !ok {
			t.Fatalf("no operation %q", c.Op)
		}
		m := imagestest.ReadImage(t, "../testdata/augment/input_"+c.Input+".npy")
		op.apply(m, new(images.RGB), c.Magnitude)
		want := &images.RGB{W: shape[2], H: shape[1], Pix: data[i*size:][:size]}
		if d := imagestest.Compare(t, m, want); d.Max != 0 {
			t.Errorf("%s %v on %s: differs by up to %d, mean %.3f", c.Op, c.Magnitude, c.Input, d.Max, d.Mean)
		}
	}
}

func TestBlenderEqualsBlend(t *testing.T) {
	slow := 0
	factors := []float32{0, 1, 2, 0.5, 1.5, 0.1, 1.9}
	for bin := range magnitudeBins {
		factors = append(factors, float32(1+linspace(0, 0.9, bin)), float32(1-linspace(0, 0.9, bin)))
	}
	for _, f := range factors {
		b := newBlender(f)
		if !b.exact {
			slow++
		}
		for a := range 256 {
			for v := range 256 {
				if got, want := b.blend(uint8(a), uint8(v)), blend(uint8(a), uint8(v), f); got != want {
					t.Fatalf("factor %v, %d towards %d: %d, want %d", f, a, v, got, want)
				}
			}
		}
	}
	if slow > len(factors)/2 {
		t.Errorf("%d of %d factors take the slow way", slow, len(factors))
	}
}

func TestMagnitudesEqualTorchvision(t *testing.T) {
	var space map[string]struct {
		Signed     bool
		Magnitudes []float64
	}
	readJSON(t, "../testdata/augment/space.json", &space)
	all := operations()
	if len(space) != len(all) {
		t.Fatalf("%d operations, want %d", len(all), len(space))
	}
	for _, op := range all {
		want := space[op.name]
		if op.signed != want.Signed || len(want.Magnitudes) != magnitudeBins {
			t.Errorf("%s: signed %v, want %v", op.name, op.signed, want.Signed)
		}
		for bin, v := range want.Magnitudes {
			// torch's vectorised linspace rounds once where ours rounds twice.
			if got := op.magnitude(bin, 50, 35); math.Abs(got-v) > 1e-6*math.Abs(v) {
				t.Errorf("%s bin %d: %v, want %v", op.name, bin, got, v)
			}
		}
	}
}

func TestCutoutPaintsARectangleWithBothEnds(t *testing.T) {
	const w, h = 40, 20
	rng := rand.New(rand.NewPCG(1, 2))
	whole := 0
	for range 300 {
		m := imagestest.Noise(w, h, 9)
		before := clone(m)
		cutout(m, 0.5, rng)
		x0, y0, x1, y1 := w, h, -1, -1
		for y := range h {
			for x := range w {
				i := (y*w + x) * 3
				if [3]uint8(m.Pix[i:]) != [3]uint8(before.Pix[i:]) {
					x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
				}
			}
		}
		fill := m.Pix[(y0*w+x0)*3:][:3]
		for y := y0; y <= y1; y++ {
			for x := x0; x <= x1; x++ {
				if i := (y*w + x) * 3; !slices.Equal(m.Pix[i:i+3], fill) {
					t.Fatalf("pixel %d,%d is not painted", x, y)
				}
			}
		}
		inside := x0 > 0 && y0 > 0 && x1 < w-1 && y1 < h-1
		if inside {
			whole++
			if x1-x0 != 20 || y1-y0 != 10 {
				t.Fatalf("rectangle %d..%d x %d..%d, want 21 x 11 pixels", x0, x1, y0, y1)
			}
		}
		if x1-x0 > 20 || y1-y0 > 10 || x1-x0 < 9 || y1-y0 < 4 {
			t.Fatalf("rectangle %d..%d x %d..%d is too large or small", x0, x1, y0, y1)
		}
	}
	if whole < 20 {
		t.Errorf("only %d of 300 rectangles lie inside", whole)
	}
}

func TestFlipMirrorsRows(t *testing.T) {
	for _, w := range []int{1, 2, 5, 8} {
		m := imagestest.Noise(w, 3, 4)
		want := images.NewRGB(w, 3)
		for y := range 3 {
			for x := range w {
				copy(want.Row(y)[3*x:][:3], m.Row(y)[3*(w-1-x):])
			}
		}
		flip(m)
		if d := imagestest.Compare(t, m, want); d.Max != 0 {
			t.Errorf("width %d: differs by %d", w, d.Max)
		}
	}
}

func TestAugmentIsAFunctionOfTheSeed(t *testing.T) {
	a := Augment{Flip: 0.5, Cutout: 0.5, Ops: 2, Magnitude: 9}
	tmp := new(images.RGB)
	seen := map[string]bool{}
	var g rand.PCG
	rng := rand.New(&g)
	for sample := range 40 {
		var first *images.RGB
		for range 2 {
			m := smooth(30, 20, 5)
			g.Seed(7, uint64(sample))
			a.Apply(m, tmp, rng)
			if first == nil {
				first = clone(m)
			} else if d := imagestest.Compare(t, m, first); d.Max != 0 {
				t.Fatalf("sample %d: the same seed differs by %d", sample, d.Max)
			}
		}
		seen[string(first.Pix)] = true
	}
	if len(seen) < 39 {
		t.Errorf("%d different results of 40 samples", len(seen))
	}
}

func TestAugmentSurvivesTheSmallestImages(t *testing.T) {
	a := Augment{Flip: 0.5, Cutout: 1, Ops: 3, Magnitude: 30}
	rng := rand.New(rand.NewPCG(3, 4))
	tmp := new(images.RGB)
	for _, s := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}} {
		for range 200 {
			m := imagestest.Noise(s[0], s[1], 1)
			a.Apply(m, tmp, rng)
			if m.W != s[0] || m.H != s[1] || len(m.Pix) != 3*s[0]*s[1] {
				t.Fatalf("%v became %dx%d", s, m.W, m.H)
			}
		}
	}
}

func TestAugmentValidateNamesTheValue(t *testing.T) {
	for _, a := range []Augment{{Cutout: -0.1}, {Cutout: 1.5}, {Cutout: math.NaN()}, {Ops: -1}, {Ops: 1, Magnitude: 31}, {Magnitude: -1}} {
		if err := a.Validate(); err == nil {
			t.Errorf("%+v: no error", a)
		}
	}
	if err := (Augment{Flip: 0.5, Cutout: 0.5, Ops: 2, Magnitude: 9}).Validate(); err != nil {
		t.Error(err)
	}
}

func BenchmarkAugment(b *testing.B) {
	for _, size := range []int{64, 224} {
		src := smooth(size, size, 1)
		for name, a := range map[string]Augment{"cutout": {Cutout: 0.5}, "randaugment": {Ops: 2, Magnitude: 9}} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				var g rand.PCG
				rng := rand.New(&g)
				m, tmp := images.NewRGB(size, size), new(images.RGB)
				for i := 0; b.Loop(); i++ {
					copy(m.Pix, src.Pix)
					g.Seed(1, uint64(i))
					a.Apply(m, tmp, rng)
				}
				reportImages(b)
			})
		}
		for _, op := range operations() {
			b.Run(fmt.Sprintf("op_%s/%d", op.name, size), func(b *testing.B) {
				m, tmp := clone(src), new(images.RGB)
				v := op.magnitude(9, size, size)
				for b.Loop() {
					op.apply(m, tmp, v)
				}
				reportImages(b)
			})
		}
	}
}
