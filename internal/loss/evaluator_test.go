package loss

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

// sweep calls f with evaluators over kernels, modes, exponents, weights and clips; prior gates every
// third class.
func sweep[T kernel.Float](t *testing.T, rows, classes int, f func(name string, c Config, e *Evaluator[T])) {
	t.Helper()
	for _, kernels := range []string{"", "portable"} {
		t.Setenv("CSL_KERNELS", kernels)
		sweepOptions(t, rows, classes, func(name string, c Config, e *Evaluator[T]) { f(kernels+" "+name, c, e) })
	}
}

func sweepOptions[T kernel.Float](t *testing.T, rows, classes int, f func(name string, c Config, e *Evaluator[T])) {
	t.Helper()
	prior := make([]float32, classes)
	for i := range prior {
		prior[i] = float32(i%3) / 4
	}
	gammas := [][3]float64{{0, 0, 0}, {0, 1, 2}, {1, 3, 4}, {0.5, 1.5, 2.5}, {2, 7, 5}}
	for _, name := range []string{Partial, Asymmetric, AsymmetricOptimized} {
		for _, mode := range Modes() {
			for _, g := range gammas {
				for _, clip := range []float64{0, 0.05} {
					c := Config{
						Name: name, Mode: mode, GammaPos: g[0], GammaNeg: g[1], GammaUnann: g[2],
						AlphaPos: 1, AlphaNeg: 1, AlphaUnann: 1, Clip: clip, TopK: 2, PriorThreshold: 0.3,
					}
					if name == Partial {
						c.AlphaNeg, c.AlphaUnann = 0.8, 0.3
					}
					if c.Validate() != nil {
						continue
					}
					e, err := New[T](kerneltest.Best(t), c, prior, rows, classes)
					if err != nil {
						t.Fatal(err)
					}
					f(fmt.Sprintf("%s %s %v clip %v", name, mode, g, clip), c, e)
				}
			}
		}
	}
}

func TestStableLossEqualsTheDefinitionInDoublePrecision(t *testing.T) {
	g := loadGoldens(t)
	x, y := widen(g.logits), widen(g.labels)
	sweep(t, g.rows, g.classes, func(name string, _ Config, e *Evaluator[float32]) {
		grad := make([]float32, len(g.logits))
		p := e.Run(nil, g.logits, g.labels, grad)
		drop := naiveDropped(e.spec, g.logits, g.labels, g.classes)
		within(t, name+" loss", []float64{p.Total}, []float64{naive(e.spec, x, x, y, drop, g.classes)}, 1e-6)

		e64 := newEvaluator[float64](nil, e.spec, g.rows, g.classes)
		grad64 := make([]float64, len(x))
		e64.Run(nil, x, y, grad64)
		within(t, name+" gradient", grad, grad64, 2e-6)
	})
}

func TestGradientsEqualNumericOnesWithTheFocusingWeightHeldConstant(t *testing.T) {
	const rows, classes = 5, 13
	logits, labels := sample(3, rows*classes, 3, 0.5)
	x, y := widen(logits), widen(labels)
	sweep(t, rows, classes, func(name string, c Config, e *Evaluator[float64]) {
		grad := make([]float64, len(x))
		p := e.Run(nil, x, y, grad)
		drop := naiveDropped(e.spec, logits, labels, classes)
		within(t, name+" loss", []float64{p.Total}, []float64{naive(e.spec, x, x, y, drop, classes)}, 1e-12)
		want := numericGradient(e.spec, x, y, drop, classes, c.Name != AsymmetricOptimized)
		within(t, name+" gradient", grad, want, 1e-7)
	})
}

func TestNoFiniteLogitGivesNaNOrInf(t *testing.T) {
	var logits []float32
	for _, m := range []float32{0, 1e-30, 1e-6, 0.5, 1, 5, 16, 16.63, 16.64, 17, 17.4, 40, 87, 87.3, 87.4, 88, 89, 103, 104, 500, 1e4} {
		logits = append(logits, m, -m, math.Nextafter32(m, 0), -math.Nextafter32(m, 2e4))
	}
	for x := float32(-120); x < 120; x += 0.37 {
		logits = append(logits, x)
	}
	n := len(logits)
	for _, y := range []float32{1, 0, -1} {
		labels := slices.Repeat([]float32{y}, n)
		sweep(t, 1, n, func(name string, c Config, e *Evaluator[float32]) {
			checkFinite(t, name, e, logits, labels)
			c.LogClamp = reference
			clamped, err := New[float32](kerneltest.Best(t), c, nil, 1, n)
			if err != nil {
				t.Fatal(err)
			}
			checkFinite(t, name+" clamped", clamped, logits, labels)
		})
	}
}

func checkFinite(t *testing.T, name string, e *Evaluator[float32], logits, labels []float32) {
	t.Helper()
	grad := make([]float32, len(logits))
	p := e.Run(nil, logits, labels, grad)
	if math.IsNaN(p.Total) || math.IsInf(p.Total, 0) || p.Total < 0 {
		t.Errorf("%s, label %v: loss %v", name, labels[0], p.Total)
	}
	for i, g := range grad {
		if d := float64(g); math.IsNaN(d) || math.IsInf(d, 0) {
			t.Fatalf("%s: logit %v, label %v has gradient %v", name, logits[i], labels[i], g)
		}
	}
}

func FuzzNoFiniteLogitGivesNaNOrInf(f *testing.F) {
	f.Add(float32(17), float32(-1e4), 0.5, 2.5, 0.05, uint8(0))
	f.Add(float32(-88), float32(1e4), 0.0, 4.0, 0.0, uint8(7))
	f.Add(float32(-3), float32(0.001), 1.0, 0.3, 1e-6, uint8(2))
	f.Fuzz(func(t *testing.T, a, b float32, gamma, gammaNeg, clip float64, kind uint8) {
		if !(math.Abs(float64(a)) <= 1e4 && math.Abs(float64(b)) <= 1e4) {
			return
		}
		c := Defaults()
		c.Name = []string{Partial, Asymmetric, AsymmetricOptimized}[kind%3]
		c.Mode, c.GammaPos, c.GammaNeg, c.GammaUnann, c.Clip = Negative, gamma, gammaNeg, gamma, clip
		if kind&4 != 0 {
			c.LogClamp = reference
		}
		if c.Validate() != nil {
			return
		}
		e, err := New[float32](kerneltest.Best(t), c, nil, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		checkFinite(t, fmt.Sprintf("%+v", c), e, []float32{a, a, a, b, b, b}, []float32{1, 0, -1, 1, 0, -1})
	})
}

func TestNaNLogitsShowInTheLoss(t *testing.T) {
	nan := float32(math.NaN())
	sweep(t, 1, 3, func(name string, _ Config, e *Evaluator[float32]) {
		if p := e.Run(nil, []float32{nan, 1, 1}, []float32{1, 0, -1}, make([]float32, 3)); !math.IsNaN(p.Total) {
			t.Errorf("%s: loss %v of a NaN logit", name, p.Total)
		}
	})
}

func TestResultsDoNotDependOnWorkersAndRunsDoNotAllocate(t *testing.T) {
	const rows, classes = 37, 301
	logits, labels := sample(5, rows*classes, 2, 0.8)
	one, three := kernel.NewPool(1), kernel.NewPool(3)
	defer one.Close()
	defer three.Close()
	sweep(t, rows, classes, func(name string, _ Config, e *Evaluator[float32]) {
		a, b := make([]float32, len(logits)), make([]float32, len(logits))
		pa, pb := e.Run(one, logits, labels, a), e.Run(three, logits, labels, b)
		if pa != pb || !slices.Equal(a, b) {
			t.Errorf("%s: 1 and 3 workers differ: %+v, %+v", name, pa, pb)
		}
		if n := testing.AllocsPerRun(3, func() { e.Run(three, logits, labels, a) }); n != 0 {
			t.Errorf("%s: %v allocations per run", name, n)
		}
	})
}

func TestPartsAddUp(t *testing.T) {
	const rows, classes = 9, 50
	logits, labels := sample(6, rows*classes, 2, 0.7)
	labels[3] = 0.5 // takes no part
	sweep(t, rows, classes, func(name string, c Config, e *Evaluator[float32]) {
		grad := make([]float32, len(logits))
		p := e.Run(nil, logits, labels, grad)
		var want [3]int
		for _, y := range labels {
			switch y {
			case 1:
				want[0]++
			case 0:
				want[1]++
			case -1:
				want[2]++
			}
		}
		if [3]int{p.Positives, p.Negatives, p.Unknowns} != want || p.Total != p.Positive+p.Negative+p.Unknown {
			t.Errorf("%s: %+v, cells %v", name, p, want)
		}
		if c.Mode == Selective {
			if p.DroppedTopK != 2*rows || p.DroppedPrior == 0 || p.DroppedBoth == 0 {
				t.Errorf("%s: dropped %+v", name, p)
			}
		} else if p.DroppedTopK+p.DroppedPrior+p.DroppedBoth != 0 {
			t.Errorf("%s: dropped %+v", name, p)
		}
		v := make([]float64, TermCount)
		PutTerms(v, p)
		if TermsOf(v) != p {
			t.Errorf("%s: terms %+v came back as %+v", name, p, TermsOf(v))
		}
		if grad[3] != 0 {
			t.Errorf("%s: a cell with label 0.5 has gradient %v", name, grad[3])
		}
	})
}

func TestAsymmetricFormsAreBitIdentical(t *testing.T) {
	const rows, classes = 7, 333
	logits, labels := sample(7, rows*classes, 6, 0.4)
	pool := kernel.NewPool(2)
	defer pool.Close()
	for _, clamp := range []float64{0, reference} {
		for _, disable := range []bool{true, false} {
			o := DefaultASL()
			o.LogClamp, o.DisableTorchGradFocalLoss = clamp, disable
			p, grad, err := AsymmetricLoss(kerneltest.Best(t), o, logits, labels, rows, classes)
			if err != nil {
				t.Fatal(err)
			}
			e, err := NewAsymmetricLossOptimized[float32](kerneltest.Best(t), o, rows, classes)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float32, len(logits))
			if q := e.Run(pool, logits, labels, got); q != p || !slices.Equal(got, grad) {
				t.Errorf("%+v: %+v and %+v differ, or their gradients", o, p, q)
			}
			o.DisableTorchGradFocalLoss = !disable
			q, other, err := AsymmetricLoss(kerneltest.Best(t), o, logits, labels, rows, classes)
			if err != nil || q != p || slices.Equal(other, grad) {
				t.Errorf("the focusing gradient must change the gradient and not the value (%v)", err)
			}
		}
	}
}

func TestAsymmetricDefaultsAreTheReferences(t *testing.T) {
	if want := (ASLOptions{4, 1, 0.05, 0, true}); DefaultASL() != want {
		t.Errorf("AsymmetricLoss %+v", DefaultASL())
	}
	if want := (ASLOptions{4, 1, 0.05, 0, false}); DefaultASLOptimized() != want {
		t.Errorf("AsymmetricLossOptimized %+v", DefaultASLOptimized())
	}
}

func TestSmallClipKeepsItsPrecisionOnConfidentErrors(t *testing.T) {
	c := Defaults()
	c.GammaNeg, c.Clip = 0, 1e-6
	e, err := New[float32](kerneltest.Best(t), c, nil, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	p := e.Run(nil, []float32{20, 12}, []float32{0, 0}, make([]float32, 2))
	want := 0.0
	for _, x := range []float64{20, 12} {
		want -= math.Log(1/(1+math.Exp(x)) + 1e-6)
	}
	within(t, "loss", []float64{p.Total}, []float64{want}, 1e-6)
}

func TestAsymmetricLossTakesUnknownCellsForNegatives(t *testing.T) {
	logits, labels := sample(15, 40, 3, 0.5)
	asNegative := slices.Clone(labels)
	for i, y := range labels {
		asNegative[i] = max(y, 0)
	}
	for _, o := range []ASLOptions{DefaultASL(), DefaultASLOptimized()} {
		p, grad, err := AsymmetricLoss(kerneltest.Best(t), o, logits, labels, 4, 10)
		if err != nil {
			t.Fatal(err)
		}
		q, want, err := AsymmetricLoss(kerneltest.Best(t), o, logits, asNegative, 4, 10)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "loss", []float64{p.Total}, []float64{q.Total}, 1e-12)
		if !slices.Equal(grad, want) || p.Unknown == 0 {
			t.Errorf("%+v: unknown cells differ from negatives", o)
		}
	}
	c := Defaults()
	c.Name, c.Mode = Asymmetric, Ignore
	e, err := New[float32](kerneltest.Best(t), c, nil, 4, 10)
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float32, 40)
	e.Run(nil, logits, labels, grad)
	for i, y := range labels {
		if (grad[i] == 0) != (y == -1) {
			t.Errorf("mode ignore: label %v has gradient %v", y, grad[i])
		}
	}
}

func TestEveryKernelSetGivesTheSameLoss(t *testing.T) {
	const rows, classes = 6, 1003
	logits, labels := sample(21, rows*classes, 3, 0.9)
	type result struct {
		terms Terms
		grad  []float32
	}
	results := map[string][]result{}
	for _, kernels := range []string{"", "portable"} {
		t.Setenv("CSL_KERNELS", kernels)
		sweepOptions(t, rows, classes, func(_ string, _ Config, e *Evaluator[float32]) {
			grad := make([]float32, len(logits))
			p := e.Run(nil, logits, labels, grad)
			results[kernels] = append(results[kernels], result{p, grad})
		})
	}
	for i, want := range results["portable"] {
		got := results[""][i]
		for k, v := range []float64{want.terms.Positive, want.terms.Negative, want.terms.Unknown} {
			within(t, "loss", []float64{[]float64{got.terms.Positive, got.terms.Negative, got.terms.Unknown}[k]}, []float64{v}, 1e-6)
		}
		within(t, "gradient", got.grad, want.grad, 2e-6)
		p, q := got.terms, want.terms
		p.Total, p.Positive, p.Negative, p.Unknown = q.Total, q.Positive, q.Negative, q.Unknown
		if p != q {
			t.Errorf("options %d: counts %+v and %+v", i, p, q)
		}
	}
}
