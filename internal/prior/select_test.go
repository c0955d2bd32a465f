package prior

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"csl/internal/labels"
)

func example() *Prior {
	return &Prior{Classes: []string{"a", "b", "c", "d", "e"}, Avg: []float32{0.05, 0.5, 0.05, 0, 0.3}}
}

func TestAboveIsStrictAndZeroTurnsItOff(t *testing.T) {
	p := example()
	for _, c := range []struct {
		threshold float32
		want      []int
	}{
		{0.5, nil},
		{0.3, []int{1}},
		{0.05, []int{1, 4}},
		{0.04, []int{1, 4, 0, 2}},
		{-1, []int{1, 4, 0, 2, 3}},
		{0, nil},
	} {
		if got := p.Above(c.threshold); !slices.Equal(got, c.want) {
			t.Errorf("Above(%v) = %v, want %v", c.threshold, got, c.want)
		}
	}
}

func TestTopNAndQuantile(t *testing.T) {
	p := example()
	top, err := p.TopN(3)
	if err != nil || !slices.Equal(top, []int{1, 4, 0}) {
		t.Errorf("TopN(3) = %v, %v", top, err)
	}
	if q, err := p.AboveQuantile(0.6); err != nil || !slices.Equal(q, []int{1, 4}) {
		t.Errorf("AboveQuantile(0.6) = %v, %v", q, err)
	}
	_, err = p.TopN(6)
	wantError(t, err, "top 6 of 5")
	_, err = p.AboveQuantile(math.NaN())
	wantError(t, err, "NaN")
}

func TestTheGateIsThatOfTheSettingThatDecides(t *testing.T) {
	p := example()
	// Of 100 images the classes hide 3, 40, 5, 0 and 18: 1.5, 4, 5 (none is annotated), 0 and 1.5 for each
	// annotated one.
	known := Known{Images: 100, Positives: []int{2, 10, 0, 4, 12}}
	for key, x := range map[string]struct {
		s    Selection
		want []int
	}{
		"threshold 0.1": {Selection{Threshold: 0.1}, p.Above(0.1)},
		"top_n 3":       {Selection{Threshold: 0.1, TopN: 3}, []int{1, 4, 0}},
		"quantile 0.6":  {Selection{Threshold: 0.1, Quantile: 0.6}, []int{1, 4}},
		"hidden 2":      {Selection{Threshold: 0.1, Hidden: 2, Known: &known}, []int{1, 2}},
	} {
		got, err := p.Select(x.s)
		gate, err2 := p.Gate(x.s)
		if err != nil || err2 != nil || !slices.Equal(got, x.want) || fmt.Sprint(x.s.Key(), " ", x.s.Value()) != key {
			t.Errorf("%s: %v, %v, %v; want %v", key, got, err, err2, x.want)
		}
		for c, v := range gate {
			if (v == 1) != slices.Contains(x.want, c) || v > 0 && v <= GateThreshold {
				t.Errorf("%s: gate %v", key, gate)
			}
		}
	}
	if gate, err := p.Gate(Selection{}); gate != nil || err != nil {
		t.Errorf("no gate is %v, %v", gate, err)
	}
	_, err := p.Gate(Selection{TopN: 6})
	wantError(t, err, "top 6 of 5")
	_, err = p.Gate(Selection{Hidden: 1})
	wantError(t, err, "without the training labels")
	_, err = p.Gate(Selection{Hidden: 1, Known: &Known{Images: 1, Positives: []int{1}}})
	wantError(t, err, "1 classes, the prior has 5")
}

// By hand: the ranks are 1, 2.5, 2.5, 4 and 2, 1, 3, 4, so the sum of products
// of deviations is 0.75 + 0 + 0 + 2.25, those of squares are 4.5 and 5.
func TestSpearmanAveragesTies(t *testing.T) {
	got := Spearman([]float64{1, 2, 2, 3}, []float64{20, 10, 30, 40})
	want := 3 / math.Sqrt(4.5*5)
	if math.Abs(got-want) > 1e-15 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := Spearman([]float64{1, 2, 3}, []float64{9, 5, 1}); math.Abs(got+1) > 1e-15 {
		t.Errorf("reversed: %v, want -1", got)
	}
	if got := Spearman([]float64{1, 1}, []float64{1, 2}); !math.IsNaN(got) {
		t.Errorf("constant: %v, want NaN", got)
	}
}

// sets make full and partial annotations of three classes: the common one is
// hardly annotated.
func sets(t *testing.T) (full, partial *labels.Set) {
	t.Helper()
	classes := []labels.Class{{Name: "common"}, {Name: "rare"}, {Name: "middle"}}
	var f, p labels.Builder
	for i := range 10 {
		row, _ := f.Image(string(rune('a' + i)))
		p.Image(string(rune('a' + i)))
		f.Add(row, 0, labels.Positive)
		if i < 2 {
			f.Add(row, 1, labels.Positive)
			p.Add(row, 1, labels.Positive)
		}
		if i < 5 {
			f.Add(row, 2, labels.Positive)
		}
		if i < 1 {
			p.Add(row, 2, labels.Positive)
		}
	}
	full, err := f.Build(classes, labels.Negative)
	if err != nil {
		t.Fatal(err)
	}
	partial, err = p.Build(classes, labels.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	return full, partial
}

func TestCompareSetsPriorBesideNaiveCount(t *testing.T) {
	full, partial := sets(t)
	p := &Prior{Classes: full.ClassNames(), Avg: []float32{0.8, 0.1, 0.3}}
	c, err := Compare(p, full, partial, 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.True-1.7) > 1e-12 || math.Abs(c.Estimated.Sum-1.2) > 1e-6 || math.Abs(c.Estimated.Error-0.5/3) > 1e-6 {
		t.Errorf("truth %v, estimated %+v", c.True, c.Estimated)
	}
	if math.Abs(c.Estimated.Spearman-1) > 1e-12 || c.Estimated.Overlap != 1 {
		t.Errorf("estimated %+v", c.Estimated)
	}
	if math.Abs(c.Naive.Spearman+1) > 1e-12 || c.Naive.Overlap != 0 {
		t.Errorf("naive %+v", c.Naive)
	}
	if c, err = Compare(p, full, partial, 10); err != nil || c.Top != 3 || c.Naive.Overlap != 3 {
		t.Errorf("%+v %v", c, err)
	}
	_, err = Compare(&Prior{Classes: []string{"x"}, Avg: []float32{1}}, full, partial, 10)
	wantError(t, err, "another class list")
}

func TestUndefinedCorrelationIsNullInJSON(t *testing.T) {
	got, err := json.Marshal(Comparison{Top: 10, True: 4, Estimated: Agreement{0.5, 7, 14, 5, 0.25}, Naive: Agreement{math.NaN(), 1, 2, 0.5, 0.75}})
	want := `{"top":10,"true_labels":4,"estimated":{"spearman":0.5,"overlap":7,"overlap_wide":14,"labels_per_image":5,"error":0.25},` +
		`"naive":{"spearman":null,"overlap":1,"overlap_wide":2,"labels_per_image":0.5,"error":0.75}}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func TestSummaryNamesTopClassesGatesAndComparison(t *testing.T) {
	var b bytes.Buffer
	c := &Comparison{Top: 10, True: 4, Estimated: Agreement{0.9, 7, 14, 5, 0.25}, Naive: Agreement{math.NaN(), 1, 2.5, 0.5, 0.75}}
	if err := example().WriteSummary(&b, 2, c, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"5 classes, expected labels per image 0.90", " 1. b 0.5000\n   2. e 0.3000\nclasses", "> 0.05  2 of 5",
		"this prior                  0.900   7 / 14                    5.00  0.2500\n", "undefined   1 / 2.5                   0.50", "truth                                                         4.00\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("summary lacks %q:\n%s", want, b.String())
		}
	}
}

func TestOverlapOfEqualCountsFavoursNoOrder(t *testing.T) {
	truth := []float64{9, 8, 7, 6}
	for _, c := range []struct {
		values []float64
		top    int
		want   float64
	}{
		{[]float64{5, 5, 5, 5}, 2, 1}, // any two of four: one of the true two on average
		{[]float64{1, 5, 5, 5}, 2, 2. / 3},
		{[]float64{4, 3, 2, 1}, 2, 2},
		{[]float64{5, 5, 5, 5}, 4, 4},
		{[]float64{0, 0, 0, 0}, 0, 0},
	} {
		if got := agree(c.values, truth, c.top).Overlap; math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v, top %d: overlap %v, want %v", c.values, c.top, got, c.want)
		}
	}
}
