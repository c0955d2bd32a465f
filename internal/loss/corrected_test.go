package loss

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"csl/internal/kernel"
)

// correcting makes a runner of a loss that corrects labels, in the run of c.
func correcting[T kernel.Float](t *testing.T, name string, c *Course, rows, classes int) Runner[T] {
	t.Helper()
	o := Defaults()
	o.Name, o.LargeLoss, o.AlphaPos, o.AlphaUnann = name, 10, 1, 1
	b, err := Bind(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return RunnerOf[T](nil, b.During(c), rows, classes)
}

// testdata/corrected.py made the values by sorting and whole matrices.
func TestLossesThatCorrectLabelsEqualNumPysInEveryEpoch(t *testing.T) {
	var g struct {
		Rows      int       `json:"rows"`
		Classes   int       `json:"classes"`
		Logits    []float64 `json:"logits"`
		Labels    []float64 `json:"labels"`
		Corrected map[string][]struct {
			Loss  [3]float64 `json:"loss"`
			Cells []int      `json:"cells"`
		} `json:"corrected"`
	}
	data, err := os.ReadFile("testdata/assumed.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil || len(g.Corrected) != len(corrections()) {
		t.Fatal(len(g.Corrected), err)
	}
	for name, epochs := range g.Corrected {
		course := &Course{}
		r := correcting[float64](t, name, course, g.Rows, g.Classes)
		for epoch, want := range epochs {
			course.Epoch = epoch
			p := r.Run(nil, g.Logits, g.Labels, make([]float64, len(g.Logits)))
			within(t, name, []float64{p.Positive, p.Negative, p.Unknown}, want.Loss[:], 1e-12)
			n := p.Corrected + p.DroppedTopK
			if p.Total != p.Positive+p.Negative+p.Unknown || n != len(want.Cells) {
				t.Errorf("%s, epoch %d: %+v, NumPy corrects %v", name, epoch, p, want.Cells)
			}
			if name == LLCp && !slices.Equal(course.Turned, want.Cells) {
				t.Errorf("epoch %d turns %v, NumPy %v", epoch, course.Turned, want.Cells)
			}
		}
	}
}

func TestGradientsOfLossesThatCorrectLabelsEqualNumericOnes(t *testing.T) {
	const rows, classes = 5, 7
	logits, labels := sample(21, rows*classes, 3, 0.5)
	labels[4], labels[5] = 0.5, Turned // 0.5 takes no part
	x, y := widen(logits), widen(labels)
	for _, name := range corrections() {
		for epoch := range 3 {
			sameAsNumeric(t, name, correcting[float64](t, name, &Course{Epoch: epoch}, rows, classes), x, y)
		}
	}
}

func TestVerifiedNegativesAreNeverCorrected(t *testing.T) {
	logits := []float32{9, 8, 7, -1, 9, 2}
	labels := []float32{0, 0, 0, -1, 0, -1}
	for _, name := range corrections() {
		course := &Course{Epoch: 40}
		grad := make([]float32, len(logits))
		p := correcting[float32](t, name, course, 2, 3).Run(nil, logits, labels, grad)
		for i, y := range labels {
			if y == 0 && !(grad[i] > 0.8) {
				t.Errorf("%s: a verified negative with logit %v has gradient %v", name, logits[i], grad[i])
			}
		}
		if name != SPLC && p.Corrected+p.DroppedTopK == 0 {
			t.Errorf("%s corrects nothing: %+v", name, p)
		}
	}
}

func TestOfEqualLossesTheFirstCellsAreCorrected(t *testing.T) {
	logits := []float32{1, 2, 2, float32(math.Copysign(0, -1)), 2, 2, 0, 2, 2, 2}
	labels := []float32{-1, -1, 0, -1, -1, -1, -1, -1, -1, -1}
	l := NewLargest(len(logits))
	for n, want := range map[int][]int{
		0: {}, 1: {1}, 3: {1, 4, 5}, 7: {0, 1, 4, 5, 7, 8, 9}, 8: {0, 1, 3, 4, 5, 7, 8, 9},
		9: {0, 1, 3, 4, 5, 6, 7, 8, 9}, 50: {0, 1, 3, 4, 5, 6, 7, 8, 9},
	} {
		Mark(l, nil, logits, labels, n)
		if got := l.cells(nil); !slices.Equal(got, want) {
			t.Errorf("%d largest: %v, want %v", n, got, want)
		}
	}
}

func TestTheBudgetOfLargeLossesIsAsPublished(t *testing.T) {
	for _, c := range []struct {
		name         string
		epoch, cells int
		want         int
	}{
		{LLR, 0, 5120, 0},
		{LLR, 1, 5120, 26},
		{LLR, 3, 5120, 77},
		{LLCt, 1, 1000, 2},
		{LLCt, 9, 5120, 93},
		{LLCp, 0, 5120, 0},
		{LLCp, 9, 5120, 6},
		{LLR, 900, 5120, 5120},
	} {
		o := Defaults()
		o.Name = c.name
		k := o.corrected()
		k.course = &Course{Epoch: c.epoch}
		if got := k.budget(c.cells); got != c.want {
			t.Errorf("%s, epoch %d: %d of %d cells, want %d", c.name, c.epoch, got, c.cells, c.want)
		}
	}
}

func TestLossesThatCorrectLabelsAreFiniteAndTheSameForAnyPool(t *testing.T) {
	const rows, classes = 40, 9
	logits, labels := sample(22, rows*classes, 40, 0.6)
	logits[0], logits[1], logits[2] = 1e4, -1e4, 0
	pool := kernel.NewPool(3)
	defer pool.Close()
	for _, name := range corrections() {
		course := &Course{Epoch: 2}
		finiteForAnyPool(t, name, pool, correcting[float32](t, name, course, rows, classes), logits, labels, course)
	}
}
