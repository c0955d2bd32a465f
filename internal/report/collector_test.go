package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func collect(t *testing.T, limit int, classes []string, rows ...row) *Collector {
	t.Helper()
	c := NewCollector(limit)
	c.Begin(classes)
	for _, r := range rows {
		if err := c.Scored([]string{r.name}, r.scores, r.states); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// row is an image with its scores and labels.
type row struct {
	name   string
	scores []float32
	states []int8
}

func (c *Collector) shown(t *testing.T, title string) []string {
	t.Helper()
	var out []string
	for _, g := range c.galleries() {
		if !strings.Contains(g.Title, title) {
			continue
		}
		for _, v := range g.Cells {
			out = append(out, fmt.Sprint(v.Name, " ", v.Class, " ", v.Score, " ", v.Word))
		}
	}
	return out
}

func TestListsAreOfTheirLabelStateAndWorstFirst(t *testing.T) {
	c := collect(t, 2, []string{"cat", "dog"},
		row{"a", []float32{0.9, 0.1}, []int8{0, 1}},
		row{"b", []float32{0.95, 0.2}, []int8{0, 1}},
		row{"c", []float32{0.99, 0.9}, []int8{-1, -1}},
		row{"d", []float32{0.5, 0.05}, []int8{0, 1}},
		row{"e", []float32{0.98, 0.97}, []int8{1, -1}},
	)
	for title, want := range map[string][]string{
		"scored high":           {"b cat 0.950 known absent", "a cat 0.900 known absent"},
		"scored low":            {"d dog 0.050 known present", "a dog 0.100 known present"},
		"Likely missing labels": {"c cat 0.990 unknown", "e dog 0.970 unknown"}, // c once, although its dog is third
	} {
		if got := c.shown(t, title); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", title, got, want)
		}
	}
}

func TestAListIsNotAllAboutOneClass(t *testing.T) {
	var rows []row
	for i := range 9 {
		rows = append(rows, row{fmt.Sprint("x", i), []float32{0.9 + float32(i)/100, 0.1}, []int8{-1, -1}})
	}
	c := collect(t, 6, []string{"cat", "dog"}, rows...)
	got := c.shown(t, "Likely missing")
	want := []string{"x8 cat 0.980 unknown", "x7 cat 0.970 unknown", "x6 cat 0.960 unknown", "x0 dog 0.100 unknown", "x1 dog 0.100 unknown", "x2 dog 0.100 unknown"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListsDoNotDependOnBatches(t *testing.T) {
	scores := []float32{0.5, 0.7, 0.7, 0.2, 0.9, 0.1, 0.7, 0.3}
	states := []int8{0, 0, 1, 1, -1, -1, 0, 1}
	names := []string{"a", "b", "c", "d"}
	whole := NewCollector(3)
	whole.Begin([]string{"x", "y"})
	if err := whole.Scored(names, scores, states); err != nil {
		t.Fatal(err)
	}
	single := NewCollector(3)
	single.Begin([]string{"x", "y"})
	for i, n := range names {
		if err := single.Scored([]string{n}, scores[2*i:2*i+2], states[2*i:2*i+2]); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := fmt.Sprintf("%+v", whole.galleries()), fmt.Sprintf("%+v", single.galleries()); a != b {
		t.Errorf("in one batch\n%s\none by one\n%s", a, b)
	}
	if whole.histograms != single.histograms || !slices.Equal(whole.means(), single.means()) {
		t.Error("distributions or means differ")
	}
}

func TestDistributionsCountEachStateApart(t *testing.T) {
	c := collect(t, 0, []string{"x"},
		row{"a", []float32{0}, []int8{1}}, row{"b", []float32{1}, []int8{0}}, row{"c", []float32{0.51}, []int8{-1}}, row{"d", []float32{0.52}, []int8{-1}})
	if c.histograms[knownPositive][0] != 1 || c.histograms[knownNegative][scoreBins-1] != 1 || c.histograms[notKnown][10] != 2 {
		t.Errorf("histograms %v", c.histograms)
	}
	if m := c.means(); len(m) != 1 || math.Abs(m[0]-0.5075) > 1e-6 {
		t.Errorf("means %v", m)
	}
	if len(c.galleries()) != 0 {
		t.Error("a limit of 0 lists cells")
	}
	if err := c.Scored([]string{"e"}, []float32{float32(math.NaN())}, []int8{0}); err == nil || !strings.Contains(err.Error(), `image "e", class "x"`) {
		t.Errorf("error %v", err)
	}
}

func TestLogitsHaveNoDistributionAndNoMean(t *testing.T) {
	c := collect(t, 2, []string{"x"}, row{"a", []float32{-7}, []int8{1}}, row{"b", []float32{12}, []int8{0}})
	if c.means() != nil || scoreChart(subject{found: c}, false).draw() != nil {
		t.Error("logits are drawn as probabilities")
	}
	if got := c.shown(t, "scored low"); !slices.Equal(got, []string{"a x -7.000 known present"}) {
		t.Errorf("got %q", got)
	}
}

func TestAScoreIsNotRoundedToCertainty(t *testing.T) {
	for s, want := range map[float32]string{0.9999: "> 0.999", 1: "1.000", 0.0001: "< 0.001", 0: "0.000", 0.5: "0.500"} {
		if got := scoreText(s); got != want {
			t.Errorf("%v is shown as %q, want %q", s, got, want)
		}
	}
}
