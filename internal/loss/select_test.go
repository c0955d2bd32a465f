package loss

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

// selective is a Config whose gradients are zero exactly where a cell is dropped.
func selective(topK int) Config {
	c := Defaults()
	c.Mode, c.TopK, c.PriorThreshold = Selective, topK, 0.5
	c.GammaPos, c.GammaNeg, c.GammaUnann = 0, 0, 0
	return c
}

func droppedBy(t *testing.T, c Config, prior []float32, rows, classes int, logits, labels []float32) ([]bool, Terms, spec) {
	t.Helper()
	e, err := New[float32](kerneltest.Best(t), c, prior, rows, classes)
	if err != nil {
		t.Fatal(err)
	}
	pool := kernel.NewPool(2)
	defer pool.Close()
	grad := make([]float32, len(logits))
	p := e.Run(pool, logits, labels, grad)
	drop := make([]bool, len(grad))
	for i, g := range grad {
		drop[i] = g == 0
	}
	return drop, p, e.spec
}

func TestTopKDropsTheLikeliestUnknownCellsOfTheBatch(t *testing.T) {
	for _, c := range []struct{ rows, classes int }{{1, 1}, {1, 7}, {3, 5}, {33, 41}, {64, 300}, {70, 3}} {
		n := c.rows * c.classes
		for _, decimals := range []float64{0, 1, 4} { // few decimals make many ties
			logits, labels := sample(uint64(n), n, 3, 0.7)
			if decimals > 0 {
				for i, x := range logits {
					logits[i] = float32(int(float64(x)*decimals)) / float32(decimals)
				}
			}
			prior := make([]float32, c.classes)
			for i := range prior {
				prior[i] = float32(i%5) / 4.1
			}
			for _, topK := range []int{0, 1, 3, 1000} {
				for _, skips := range []bool{false, true} {
					cfg := selective(topK)
					cfg.TopKSkipsGated = skips
					got, p, s := droppedBy(t, cfg, prior, c.rows, c.classes, logits, labels)
					compareDropped(t, fmt.Sprintf("%v, %v decimals, top %d, skips %v", c, decimals, topK, skips),
						got, naiveDropped(s, logits, labels, c.classes), p)
				}
			}
		}
	}
}

func compareDropped(t *testing.T, name string, got, want []bool, p Terms) {
	t.Helper()
	n := 0
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: cell %d dropped: %v, want %v", name, i, got[i], want[i])
		}
		if got[i] {
			n++
		}
	}
	if n != p.DroppedPrior+p.DroppedTopK-p.DroppedBoth {
		t.Errorf("%s: %d cells dropped, terms say %+v", name, n, p)
	}
}

func TestEqualProbabilitiesGoByFlatIndex(t *testing.T) {
	// float32 rounds the negative probability of 20, 30 and 40 to the same 0, and that of -20 and -30 to 1.
	logits := []float32{1, 20, 1, 40, 30, 20}
	labels := []float32{-1, 1, -1, -1, -1, -1}
	got, _, _ := droppedBy(t, selective(1), nil, 2, 3, logits, labels)
	for i, want := range []bool{false, false, false, true, true, false} {
		if got[i] != want {
			t.Errorf("saturated: cell %d dropped: %v", i, got[i])
		}
	}
	logits = []float32{-20, -30, -25, 0, -20, -40}
	labels = []float32{-1, -1, -1, 1, -1, -1}
	got, _, _ = droppedBy(t, selective(1), nil, 2, 3, logits, labels)
	for i, want := range []bool{true, true, false, false, false, false} {
		if got[i] != want {
			t.Errorf("unlikely: cell %d dropped: %v", i, got[i])
		}
	}
}

func TestClipMergesKeysBeforeTheyAreCompared(t *testing.T) {
	// With clip 0.3 every p below 0.3 has q = 1: the lower index goes first although it is less likely.
	c := selective(1)
	c.Clip = 0.3
	logits, labels := []float32{-3, -2, -1, -4}, []float32{-1, -1, -1, -1}
	e, err := New[float32](kerneltest.Best(t), c, nil, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	e.Run(nil, logits, labels, make([]float32, 4))
	if e.sel.ties[0] != 1 || e.sel.keys[0] != e.sel.limit {
		t.Errorf("picked key %#x, ties %v, want that of cell 0", e.sel.limit, e.sel.ties)
	}
}

func TestGatedCellsUseUpTheTopKUnlessTold(t *testing.T) {
	logits, labels := []float32{5, 4, 3, 2, 1, 0}, []float32{-1, -1, -1, -1, -1, -1}
	prior := []float32{0.9, 0.5, 0.2} // 0.5 is not above the threshold
	c := selective(1)
	_, p, _ := droppedBy(t, c, prior, 2, 3, logits, labels)
	if p.DroppedPrior != 2 || p.DroppedTopK != 2 || p.DroppedBoth != 1 {
		t.Errorf("gated cells count: %+v", p)
	}
	c.TopKSkipsGated = true
	_, p, _ = droppedBy(t, c, prior, 2, 3, logits, labels)
	if p.DroppedPrior != 2 || p.DroppedTopK != 2 || p.DroppedBoth != 0 {
		t.Errorf("gated cells skipped: %+v", p)
	}
	c.PriorThreshold = 0
	_, p, _ = droppedBy(t, c, prior, 2, 3, logits, labels)
	if p.DroppedPrior != 0 || p.DroppedTopK != 2 {
		t.Errorf("threshold 0: %+v", p)
	}
}

func TestThresholdIsComparedInFloat32(t *testing.T) {
	// float32(0.3) > 0.3 in float64, but not in float32.
	if gate := gateOf([]float32{0.3, 0.30000004}, 0.3); gate != "\x00\x01" {
		t.Errorf("gate %q", gate)
	}
}

func TestFloat64BatchesDropTheSameCells(t *testing.T) {
	const rows, classes = 12, 31
	logits, labels := sample(8, rows*classes, 3, 0.7)
	e64, err := New[float64](kerneltest.Best(t), selective(2), nil, rows, classes)
	if err != nil {
		t.Fatal(err)
	}
	e32 := newEvaluator[float32](kerneltest.Best(t), e64.spec, rows, classes)
	a, b := make([]float32, len(logits)), make([]float64, len(logits))
	e32.Run(nil, logits, labels, a)
	e64.Run(nil, widen(logits), widen(labels), b)
	for i := range a {
		if (a[i] == 0) != (b[i] == 0) {
			t.Errorf("cell %d: gradients %v and %v", i, a[i], b[i])
		}
	}
}

func FuzzTopKEqualsAStableSort(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(5), uint8(2), uint8(4))
	f.Add(uint64(2), uint8(40), uint8(1), uint8(9), uint8(1))
	f.Fuzz(func(t *testing.T, seed uint64, rows, classes, topK, levels uint8) {
		r, c := int(rows%50)+1, int(classes)+1
		rng := rand.New(rand.NewPCG(seed, 1))
		logits, labels := sample(seed, r*c, 4, rng.Float64())
		for i := range logits { // levels distinct values make ties
			logits[i] = float32(rng.IntN(int(levels)+1)) * 0.1
		}
		got, p, s := droppedBy(t, selective(int(topK)), nil, r, c, logits, labels)
		compareDropped(t, "fuzz", got, naiveDropped(s, logits, labels, c), p)
	})
}

// The selection expects a batch like the last one; what it expects must not show.
func TestTheLastBatchDoesNotChangeTheSelection(t *testing.T) {
	const rows, classes = 8, 203
	c := Defaults()
	c.Mode, c.GammaUnann, c.TopK = Selective, 4, 3
	old, err := New[float32](kerneltest.Best(t), c, make([]float32, classes), rows, classes)
	if err != nil {
		t.Fatal(err)
	}
	for batch, shift := range []float32{-5, 4, -9, 30, -30, 0, -60, 2, -4} {
		unknown := 0.95
		if batch%4 == 3 {
			unknown = 0.01 // fewer than the selection may take
		}
		logits, labels := sample(uint64(batch), rows*classes, 2, unknown)
		for i := range logits {
			logits[i] += shift
		}
		fresh, err := New[float32](kerneltest.Best(t), c, make([]float32, classes), rows, classes)
		if err != nil {
			t.Fatal(err)
		}
		got, want := make([]float32, len(logits)), make([]float32, len(logits))
		g, w := old.Run(nil, logits, labels, got), fresh.Run(nil, logits, labels, want)
		if g != w {
			t.Fatalf("batch %d: %+v, from a new evaluator %+v", batch, g, w)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("batch %d: other gradients than from a new evaluator", batch)
		}
	}
}
