package report

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"csl/internal/metric"
)

// scoredModel is a model that scores images by classes; tilt sets models apart.
func scoredModel(t *testing.T, name string, classes []string, tilt float64) Model {
	t.Helper()
	acc, err := metric.New(metric.Options{Classes: classes, Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	found := NewCollector(4)
	found.Begin(classes)
	for i := range 60 {
		scores, states := make([]float32, len(classes)), make([]int8, len(classes))
		for c := range classes {
			states[c] = int8((i*7+c*3)%5%3) - 1
			noise := float64((i*37+c*11)%97) / 97
			scores[c] = float32(min(1, max(0, noise*(1-tilt)+tilt*float64(states[c]+1)/2)))
		}
		image := []string{fmt.Sprintf("%q <b>%d</b>.jpg", name, i)}
		if err := acc.Add(image, scores, states); err != nil {
			t.Fatal(err)
		}
		if err := found.Scored(image, scores, states); err != nil {
			t.Fatal(err)
		}
	}
	r, err := acc.Report(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return Model{Name: name, Report: r, Cells: acc.Annotated(), Calibration: acc.Calibration(), Found: found, Thresholds: "0.5"}
}

func scoredPageOf(t *testing.T, s *Scored) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteScored(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var nineClasses = []string{"<i>ant</i>", `"bee`, "cat", "dog", "eel", "fox", "gnu", "hen", "owl"}

func TestThePageOfSeveralModelsHasEverything(t *testing.T) {
	a, b := scoredModel(t, "first", nineClasses, 0.2), scoredModel(t, "second<script>", nineClasses, 0.6)
	a.Prior = []float32{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}
	a.Low, a.High, a.PriorFrom = make([]float32, 9), []float32{1, 1, 1, 1, 1, 1, 1, 1, 1}, "the file p.csv"
	p, err := metric.Compare(t.Context(), a.Cells, b.Cells, 50, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	page := scoredPageOf(t, &Scored{Title: "two <models>", Version: "csl test", Models: []Model{a, b}, Pairs: []Pair{{b.Name, p}}, Notes: []string{"a < b"}})
	scripts := 0
	elements(t, page, func(e xml.StartElement) {
		if e.Name.Local == "script" {
			scripts++
		}
		for _, x := range e.Attr {
			if x.Name.Local == "src" || x.Name.Local == "href" || strings.HasPrefix(x.Name.Local, "on") {
				t.Errorf("<%s> has %s=%q", e.Name.Local, x.Name.Local, x.Value)
			}
		}
	})
	if scripts != 1 {
		t.Errorf("%d scripts", scripts)
	}
	for _, want := range []string{
		"Compared with first", "second&lt;script&gt;", "+", "Precision and recall", "Precision and recall of single classes", "Reliability",
		"first: scores by label", "mAP(C) by frequency of classes", "by the file p.csv", "0.000 to 1.000", "annotated present",
		"Worst errors: known absent, scored high", "Worst errors: known present, scored low", "Likely missing labels", "&lt;i&gt;ant&lt;/i&gt;",
		`data-sort="text"`, "a &lt; b", "unknown",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if text, _, _ := strings.Cut(page, "<script>"); strings.Contains(text, "NaN") || strings.Contains(text, "ZgotmplZ") {
		t.Error("the page has a NaN or a refused value")
	}
}

func TestAPageWithLittleToShowShowsThat(t *testing.T) {
	acc, err := metric.New(metric.Options{Classes: []string{"only"}, Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if err := acc.Add([]string{"a"}, []float32{3}, []int8{1}); err != nil { // a logit, and no negative
		t.Fatal(err)
	}
	r, err := acc.Report(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	page := scoredPageOf(t, &Scored{Title: "t", Models: []Model{{Name: "m", Report: r, Cells: acc.Annotated()}}})
	elements(t, page, nil)
	for _, not := range []string{"Reliability", "Class prior", "Compared with", "Worst errors"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if !strings.Contains(page, "only: no negatives") {
		t.Error("the class without an average precision is not named")
	}
	if err := WriteScored(&bytes.Buffer{}, &Scored{}); err == nil {
		t.Error("a page without a model was written")
	}
}

func TestThePriorPlotShowsEstimateCountMeanAndTruth(t *testing.T) {
	s := &shares{
		classes: []string{"a", "b", "c"}, estimate: []float64{0.2, 0.5, 0.3}, low: []float64{0.1, 0.4, 0.2}, high: []float64{0.3, 0.6, 0.4},
		count: []float64{0.05, 0.1, 0.2}, mean: []float64{0.3, 0.4, 0.1}, truth: []float64{0.25, nan(), 0.3},
	}
	table := s.table()
	if got := table.Rows[0].Class + table.Rows[1].Class + table.Rows[2].Class; got != "bca" {
		t.Errorf("order %q", got)
	}
	b, c := table.Plot.Rows[0], table.Plot.Rows[1]
	if b.Truth != nil || table.Rows[0].Truth != "-" || c.Truth == nil || *c.Truth != *c.Estimate {
		t.Errorf("truth of b %v, of c %v", b.Truth, c.Truth)
	}
	if !(*b.Low < *b.Estimate && *b.Estimate < *b.High && *b.Count < *b.Mean && *b.Mean < *b.Estimate) || *c.Count != *c.Low {
		t.Errorf("marks %+v", b)
	}
	if table.Rows[0].Interval != "0.400 to 0.600" || !table.Intervals || !table.Counts || !table.Means || !table.Truths {
		t.Errorf("table %+v", table)
	}
}

func nan() float64 { return orGap(nil) }

func TestCurvesOfModelsAreDrawnInTheWholeSquare(t *testing.T) {
	a := scoredModel(t, "a", nineClasses, 0.3)
	d := curveChart([]subject{{name: "a", report: a.Report, cells: a.Cells}}).draw()
	if d == nil || d.X[0].Text != "0" || d.X[len(d.X)-1].Text != "100" || d.Y[0].Text != "0%" || d.Y[len(d.Y)-1].Text != "100%" {
		t.Fatalf("axes %+v", d)
	}
	if d.Lines[0].EndX != plotRight { // recall 100 %
		t.Errorf("the curve ends at %v", d.Lines[0].EndX)
	}
	r := reliabilityChart([]subject{{name: "a", report: a.Report, cells: a.Cells, calibration: a.Calibration}}).draw()
	if len(r.Lines) != 2 || !r.Lines[0].Dashed || len(r.Lines[1].Dots) == 0 {
		t.Errorf("reliability %+v", r.Lines)
	}
}

func TestRunsOnOtherLabelsAreNotPaired(t *testing.T) {
	a, b := scoredModel(t, "a", nineClasses, 0.2), scoredModel(t, "b", nineClasses[:8], 0.2)
	first := &run{name: "a", scored: &scored{report: a.Report, cells: a.Cells}}
	other := &run{name: "b", scored: &scored{report: b.Report, cells: b.Cells}}
	pairs, err := compareRuns(t.Context(), []*run{first, other}, first, 1)
	if err != nil || len(pairs) != 0 || len(other.missing) != 1 || !strings.Contains(other.missing[0], "9 classes and 8") {
		t.Errorf("%v, %v, %q", pairs, err, other.missing)
	}
}
