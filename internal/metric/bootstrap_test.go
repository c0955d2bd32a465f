package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
)

func TestAveragePrecisionsMatchScikitLearn(t *testing.T) {
	var want struct {
		AP      []*float64
		Overall *float64
		Brier   *float64
	}
	text, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	scores, labels, classes := goldenData(t, "scores") // no two are equal: ties are where definitions differ
	a := collect(t, Options{Classes: classNames(classes)}, scores, labels, 9)
	r := report(t, a)
	for c, k := range r.PerClass {
		same(t, fmt.Sprintf("AP of class %d", c), k.AP, want.AP[c])
	}
	same(t, "overall", r.MAPO, want.Overall)
	same(t, "Brier", &a.Calibration().Brier, want.Brier)
}

// distinct makes scores that all differ, and labels.
func distinct(seed uint64, images, classes int) (scores []float32, labels []int8) {
	r := rand.New(rand.NewPCG(seed, 3))
	for _, k := range r.Perm(images * classes) {
		scores = append(scores, float32(k+1)/float32(images*classes+2))
		labels = append(labels, int8(r.IntN(3)-1))
	}
	return scores, labels
}

func TestADrawOfEveryImageOnceIsTheReport(t *testing.T) {
	for _, levels := range []int{3, 1 << 20} {
		scores, labels := sample(3, 40, 6, levels)
		a := collect(t, Options{Classes: classNames(6)}, scores, labels, 7)
		want := report(t, a)
		r := newReplicate(40, 6)
		for i := range r.weight {
			r.weight[i] = 1
		}
		partial, overall := r.score(a.rankedCells())
		same(t, "map_o", overall, want.MAPO)
		if levels > 3 {
			same(t, "map_partial", partial, want.MAPPartial)
		}
	}
}

func TestADrawIsTheReportOfTheDrawnImages(t *testing.T) {
	const images, classes = 30, 4
	scores, labels := distinct(5, images, classes)
	a := collect(t, Options{Classes: classNames(classes)}, scores, labels, 30)
	order := a.rankedCells()
	for draw := range uint64(20) {
		r := newReplicate(images, classes)
		r.draw(9, draw)
		var s []float32
		var l []int8
		for i, w := range r.weight {
			for range w {
				s = append(s, scores[i*classes:(i+1)*classes]...)
				l = append(l, labels[i*classes:(i+1)*classes]...)
			}
		}
		want := report(t, collect(t, Options{Classes: classNames(classes)}, s, l, 30))
		partial, overall := r.score(order)
		same(t, "map_partial", partial, want.MAPPartial)
		same(t, "map_o", overall, want.MAPO)
	}
}

func TestBootstrapDependsOnTheSeedNotOnWorkers(t *testing.T) {
	scores, labels := distinct(6, 60, 5)
	a := collect(t, Options{Classes: classNames(5)}, scores, labels, 60)
	run := func(seed uint64, workers int) *Bootstrap {
		b, err := a.Bootstrap(context.Background(), 200, seed, workers)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := run(1, 1)
	if two := run(1, 3); !reflect.DeepEqual(one, two) {
		t.Errorf("%+v, %+v", one, two)
	}
	if reflect.DeepEqual(one, run(2, 1)) {
		t.Error("another seed gives the same")
	}
	r := report(t, a)
	if i := one.MAPPartial; i.Low > *r.MAPPartial || i.High < *r.MAPPartial || i.High-i.Low < 1 || i.High-i.Low > 40 {
		t.Errorf("interval %+v about %v", i, *r.MAPPartial)
	}
	none := collect(t, Options{Classes: classNames(1)}, []float32{0.5}, []int8{1}, 1)
	if b, err := none.Bootstrap(context.Background(), 20, 1, 2); err != nil || b.MAPPartial != nil || b.MAPO != nil {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestCalibration(t *testing.T) {
	a := collect(t, Options{Classes: []string{"a"}}, []float32{0.05, 0.15, 0.15, 0.95, 1, 0.5}, []int8{0, 0, 1, 1, 1, -1}, 6)
	c := a.Calibration()
	// bins: 0.05 (share 0), 0.15 (share 0.5, two cells), 0.975 (share 1, two cells)
	want := (0.05*1 + 0.35*2 + 0.025*2) / 5
	if math.Abs(c.ECE-want) > 1e-6 || len(c.Bins) != 10 || c.Bins[1].Cells != 2 || *c.Bins[9].Share != 1 || c.Bins[5].Score != nil {
		t.Errorf("%+v, want ECE %v", c, want)
	}
	if none := collect(t, Options{Classes: []string{"a"}}, []float32{0.5}, []int8{-1}, 1); none.Calibration() != nil {
		t.Error("a table of nothing")
	}
}

func TestCurvesAreWhatThresholdsGive(t *testing.T) {
	scores, labels := sample(8, 50, 3, 12)
	for i := range scores {
		scores[i] = (scores[i] + 1) / 2
	}
	curves := collect(t, Options{Classes: classNames(3)}, scores, labels, 50).Curves()
	for c, points := range curves {
		for _, p := range points {
			o := Options{Classes: classNames(3), Thresholds: []float32{p.Threshold, p.Threshold, p.Threshold}}
			k := collect(t, o, scores, labels, 50).counts[c]
			if k.truePositive != p.TruePositives || k.falsePositive != p.FalsePositives || k.positives != p.Positives {
				t.Errorf("class %d, threshold %v: %+v, counted %+v", c, p.Threshold, p, k)
			}
		}
	}
}

func TestThresholdsReachTheirGoal(t *testing.T) {
	scores, labels := distinct(2, 80, 3)
	for i, l := range labels { // so that scores tell something
		if l == 1 {
			scores[i] = scores[i]*0.7 + 0.3
		}
	}
	a := collect(t, Options{Classes: classNames(3)}, scores, labels, 80)
	curves := a.Curves()
	for name, x := range map[string]struct {
		goal Goal
		ok   func(chosen, other Point) bool // chosen is at least as good as other
	}{
		"F1": {Goal{}, func(c, o Point) bool { return c.F1() >= o.F1() }},
		"precision": {Goal{Precision: 0.55}, func(c, o Point) bool {
			return c.Precision() >= 0.55 && (o.Precision() < 0.55 || c.Recall() >= o.Recall())
		}},
		"recall": {Goal{Recall: 0.8}, func(c, o Point) bool {
			return c.Recall() >= 0.8 && (o.Recall() < 0.8 || c.Precision() >= o.Precision())
		}},
	} {
		list, _, err := a.Thresholds(x.goal)
		if err != nil {
			t.Fatal(err)
		}
		for c, chosen := range list {
			var at Point
			for _, p := range curves[c] {
				if p.Threshold == chosen.Own {
					at = p
				}
			}
			for _, p := range curves[c] {
				if at.Positives == 0 || !x.ok(at, p) {
					t.Errorf("%s, class %d: chose %+v, but there is %+v", name, c, at, p)
					break
				}
			}
			if math.Abs(chosen.F1-100*at.F1()) > 1e-9 || chosen.Threshold != chosen.Own {
				t.Errorf("%s, class %d: %+v, %+v", name, c, chosen, at)
			}
		}
	}
}

func TestThresholdsOfRareClassesShrinkToTheOverallOne(t *testing.T) {
	scores := []float32{0.9, 0.1, 0.8, 0.2, 0.7, 0.9, 0.3, 0.8}
	labels := []int8{1, 1, 1, 0, 0, -1, 0, -1}
	a := collect(t, Options{Classes: []string{"often", "rare"}}, scores, labels, 4)
	list, overall, err := a.Thresholds(Goal{Shrink: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range list {
		n := float64(c.Support)
		want := float32((n*float64(c.Own) + 3*float64(overall)) / (n + 3))
		if c.Support != [...]int{2, 1}[i] || c.Threshold != want {
			t.Errorf("%+v, overall %v, want %v", c, overall, want)
		}
	}
	if _, _, err := collect(t, Options{Classes: []string{"a"}}, []float32{1}, []int8{1}, 1).Thresholds(Goal{}); err == nil {
		t.Error("no error without a negative")
	}
}

// rows are stored scores.
type rows struct {
	classes int
	scores  []float32
}

func (r rows) Scores(image, first int, dst []float32) error {
	copy(dst, r.scores[image*r.classes+first:])
	return nil
}

func TestStoredScoresAreReadAgainInsteadOfBeingKept(t *testing.T) {
	scores, labels := sample(11, 40, 7, 30)
	want := report(t, collect(t, Options{Classes: classNames(7)}, scores, labels, 11))
	a := collect(t, Options{Classes: classNames(7), Stored: rows{7, scores}}, scores, labels, 11)
	if len(a.batches) != 0 {
		t.Error("scores were kept")
	}
	if got := report(t, a); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
