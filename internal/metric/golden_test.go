package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"csl/internal/npy"
)

type golden struct {
	Results map[string]struct {
		AP      []float64 `json:"ap"`
		MAP     float64   `json:"mAP"`
		Partial struct {
			AP       []float64 `json:"ap"`
			MAP      float64   `json:"mAP"`
			Weighted float64   `json:"mAP_weighted"`
			NoLabels int       `json:"no_labels"`
			NoNeg    int       `json:"no_neg"`
			NoPos    int       `json:"no_pos"`
		} `json:"partial"`
		PRF map[string]struct {
			CP, CR, CF1, OP, OR, OF1 *float64
			TP                       []int `json:"tp"`
			FP                       []int `json:"fp"`
			FN                       []int `json:"fn"`
		} `json:"prf_missing_as_negative"`
	} `json:"results"`
}

func loadGolden(t *testing.T) *golden {
	t.Helper()
	b, err := os.ReadFile("testdata/index.json")
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	if err := json.Unmarshal(b, g); err != nil {
		t.Fatal(err)
	}
	if len(g.Results["scores"].PRF) != 4 || len(g.Results["scores_ties"].AP) != 12 {
		t.Fatal("testdata/index.json lacks entries")
	}
	return g
}

// goldenData returns the scores and labels of a golden, [images, classes].
func goldenData(t *testing.T, name string) (scores []float32, labels []int8, classes int) {
	t.Helper()
	s, err := npy.ReadFile("testdata/" + name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	l, err := npy.ReadFile("testdata/labels.npy")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range l.I32 {
		labels = append(labels, int8(v))
	}
	return s.F32, labels, s.Shape[1]
}

func classNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("class%d", i))
	}
	return names
}

// collect adds scores and labels in batches of some size.
func collect(t testing.TB, o Options, scores []float32, labels []int8, size int) *Accumulator {
	t.Helper()
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	classes := len(o.Classes)
	for from := 0; from < len(scores); from += size * classes {
		to := min(from+size*classes, len(scores))
		names := make([]string, (to-from)/classes)
		for i := range names {
			names[i] = fmt.Sprintf("image%d", from/classes+i)
		}
		if err := a.Add(names, scores[from:to], labels[from:to]); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func report(t testing.TB, a *Accumulator) *Report {
	t.Helper()
	r, err := a.Report(context.Background(), 3)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// same compares with a tolerance relative to the larger; nil equals nil only.
func same(t *testing.T, what string, got, want *float64) {
	t.Helper()
	if got == nil || want == nil {
		if got != want {
			t.Errorf("%s: %s, want %s", what, show(got), show(want))
		}
		return
	}
	if !(math.Abs(*got-*want) <= tolerance*max(1e-3, math.Abs(*want))) {
		t.Errorf("%s: %s, want %s", what, show(got), show(want))
	}
}

// tolerance covers the 1e-8 that the goldens' partial average precisions have in the denominator.
const tolerance = 1e-9

func show(v *float64) string {
	if v == nil {
		return "undefined"
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func TestAveragePrecisionsMatchTheReference(t *testing.T) {
	for name, want := range loadGolden(t).Results {
		scores, labels, classes := goldenData(t, name)
		r := report(t, collect(t, Options{Classes: classNames(classes), Threshold: 0.5}, scores, labels, 7))
		same(t, name+" map", r.MAP, &want.MAP)
		same(t, name+" map_partial", r.MAPPartial, &want.Partial.MAP)
		same(t, name+" map_weighted", r.MAPWeighted, &want.Partial.Weighted)
		for c, k := range r.PerClass {
			same(t, fmt.Sprintf("%s reference AP of class %d", name, c), k.ReferenceAP, percent(want.AP[c]))
			partial := percent(want.Partial.AP[c])
			if want.Partial.AP[c] == -1 {
				partial = nil
			}
			same(t, fmt.Sprintf("%s AP of class %d", name, c), k.AP, partial)
		}
		why := map[string]int{}
		for _, s := range r.SkippedClasses {
			why[s.Why]++
		}
		if why["no annotations"] != want.Partial.NoLabels || why["no positives"] != want.Partial.NoPos || why["no negatives"] != want.Partial.NoNeg {
			t.Errorf("%s: skipped %v", name, r.SkippedClasses)
		}
	}
}

func TestPrecisionRecallWithUnknownAsNegativeMatchesTheReference(t *testing.T) {
	for name, result := range loadGolden(t).Results {
		scores, labels, classes := goldenData(t, name)
		for text, want := range result.PRF {
			threshold, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			a := collect(t, Options{Classes: classNames(classes), Threshold: threshold}, scores, labels, 64)
			got := report(t, a).PRFUnknownAsNegative
			at := name + " > " + text
			same(t, at+" CP", got.CP, want.CP)
			same(t, at+" CR", got.CR, want.CR)
			same(t, at+" CF1", got.CF1, want.CF1)
			same(t, at+" OP", got.OP, want.OP)
			same(t, at+" OR", got.OR, want.OR)
			same(t, at+" OF1", got.OF1, want.OF1)
			for c, k := range a.counts {
				if k.truePositive != want.TP[c] || k.falsePositive+k.falseUnknown != want.FP[c] || k.positives-k.truePositive != want.FN[c] {
					t.Errorf("%s class %d: %+v", at, c, k)
				}
			}
		}
	}
}
