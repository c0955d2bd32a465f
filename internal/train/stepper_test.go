package train

import (
	"errors"
	"math"
	"slices"
	"testing"

	"csl/internal/images/loader"
)

// goldenBatch is the first batch of the golden run.
func goldenBatch(t *testing.T, n int) *loader.Batch {
	t.Helper()
	b := &loader.Batch{N: n, Pix: nhwc(goldenArray(t, "x"))[:n*64*64*3]}
	for _, v := range goldenArray(t, "labels").I32[:n*8] {
		b.States = append(b.States, int8(v))
	}
	return b
}

// contents copies all that a step changes.
func (l *stepper) contents() [][]float32 {
	var all [][]float32
	for _, p := range slices.Concat(l.weights.Params(), l.weights.Buffers(), l.average.Params(), l.average.Buffers()) {
		all = append(all, slices.Clone(p.Data))
	}
	for _, s := range l.opt.State() {
		all = append(all, slices.Clone(s.Data))
	}
	return all
}

func equalContents(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, func(x, y []float32) bool {
		return slices.EqualFunc(x, y, func(v, w float32) bool { return math.Float32bits(v) == math.Float32bits(w) })
	})
}

func TestALossThatIsNotFiniteChangesNothing(t *testing.T) {
	g := readGoldenRun(t)
	l := g.stepper(t, newCPU(t, 2))
	b := goldenBatch(t, 4)
	learn := func() error {
		if _, err := l.learn(b, 0, 0); err != nil {
			return err
		}
		_, _, err := l.finish(0)
		return err
	}
	if err := learn(); err != nil {
		t.Fatal(err)
	}
	before, steps := l.contents(), l.opt.Steps()
	b.Pix[5] = float32(math.NaN())
	var bad errNonFinite
	if err := learn(); !errors.As(err, &bad) || bad.what != "loss" || bad.fault.Layer != "input" {
		t.Fatalf("err = %v", err)
	}
	if !equalContents(l.contents(), before) || l.opt.Steps() != steps {
		t.Error("the failed step changed weights, averages or moments")
	}
}

func TestCheckingTheStateChangesNothing(t *testing.T) {
	g := readGoldenRun(t)
	l := g.stepper(t, newCPU(t, 2))
	if _, err := l.learn(goldenBatch(t, 4), 0, 0); err != nil {
		t.Fatal(err)
	}
	before := l.contents()
	if err := l.check(false); err != nil {
		t.Fatal(err)
	}
	if !equalContents(l.contents(), before) {
		t.Error("the check changed weights, averages or moments")
	}
}

func TestStepsDoNotAllocate(t *testing.T) {
	g := readGoldenRun(t)
	b := goldenBatch(t, 4)
	for name, accumulate := range map[string]bool{"every batch a step": false, "accumulated": true} {
		l := g.stepper(t, newCPU(t, 2))
		if accumulate {
			for _, p := range l.weights.Params() {
				l.sums = append(l.sums, make([]float32, len(p.Data)))
			}
		}
		step := func() {
			for n := range 2 {
				if _, err := l.learn(b, 0, n); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := l.finish(0); err != nil {
				t.Fatal(err)
			}
		}
		step()
		if n := testing.AllocsPerRun(2, step); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
