package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// drawn makes an accumulator of images by classes whose scores follow the labels, the more the sharper.
func drawn(t *testing.T, images, classes int, sharp float64, noise uint64) *Accumulator {
	t.Helper()
	var names []string
	for c := range classes {
		names = append(names, fmt.Sprint("c", c))
	}
	a, err := New(Options{Classes: names, Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	label, jitter := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(noise, 3))
	for i := range images {
		scores, states := make([]float32, classes), make([]int8, classes)
		for c := range classes {
			states[c] = int8(label.IntN(3)) - 1
			scores[c] = float32(1 / (1 + math.Exp(-sharp*float64(states[c])-2*jitter.NormFloat64())))
		}
		if err := a.Add([]string{fmt.Sprint(i)}, scores, states); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestAModelDoesNotDifferFromItself(t *testing.T) {
	a := drawn(t, 40, 3, 2, 7)
	p, err := Compare(t.Context(), a, a.Annotated(), 50, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*Difference{p.MAPPartial, p.MAPO} {
		if d == nil || d.Value != 0 || d.Interval == nil || *d.Interval != (Interval{}) || d.Higher != 0 {
			t.Errorf("difference %+v", d)
		}
	}
}

func TestThePairedIntervalIsThatOfTheDifferenceOfEachDraw(t *testing.T) {
	a, b := drawn(t, 60, 4, 1, 7), drawn(t, 60, 4, 3, 8)
	const draws = 200
	p, err := Compare(t.Context(), a, b, draws, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := Compare(t.Context(), a, b, draws, 5, 1)
	if err != nil || !reflect.DeepEqual(p, alone) {
		t.Errorf("other workers give %+v, not %+v", alone, p)
	}
	ra, _ := a.Report(t.Context(), 1)
	rb, _ := b.Report(t.Context(), 1)
	if got, want := p.MAPPartial.Value, *rb.MAPPartial-*ra.MAPPartial; math.Abs(got-want) > 1e-9 {
		t.Errorf("mAP(C) differs by %v, reports by %v", got, want)
	}
	if got, want := p.MAPO.Value, *rb.MAPO-*ra.MAPO; math.Abs(got-want) > 1e-9 {
		t.Errorf("mAP(O) differs by %v, reports by %v", got, want)
	}
	// The naive way: draw, build both accumulators anew from the drawn images, report.
	var naive []*float64
	for k := range draws {
		r := newReplicate(60, 4)
		r.draw(5, uint64(k))
		var m [2]float64
		for j, acc := range []*Accumulator{a, b} {
			partial, _ := r.score(acc.rankedCells())
			m[j] = *partial
		}
		d := m[1] - m[0]
		naive = append(naive, &d)
	}
	if want := Percentiles(naive); *p.MAPPartial.Interval != *want {
		t.Errorf("interval %+v, naively %+v", p.MAPPartial.Interval, want)
	}
	if i := p.MAPPartial.Interval; !(i.Low < p.MAPPartial.Value && p.MAPPartial.Value < i.High) || p.MAPPartial.Higher < 0.95 {
		t.Errorf("a much sharper model: %+v in %+v", p.MAPPartial, i)
	}
}

func TestOtherLabelsAreNotCompared(t *testing.T) {
	base := func() *Accumulator { return drawn(t, 10, 2, 1, 1) }
	renamed := base()
	renamed.opt.Classes = []string{"c0", "other"}
	relabelled := base()
	relabelled.cells[3].class = ^relabelled.cells[3].class
	for want, other := range map[string]*Accumulator{
		"2 classes and 3":                      drawn(t, 10, 3, 1, 1),
		"10 images and 9":                      drawn(t, 9, 2, 1, 1),
		`"c1" in one and "other" in the other`: renamed,
		"the labels of the images differ":      relabelled,
	} {
		if _, err := Compare(t.Context(), base(), other, 1, 1, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestTheOverallCurveEndsAtAllPositives(t *testing.T) {
	a := drawn(t, 30, 3, 2, 1)
	before := fmt.Sprint(a.cells)
	points := a.Overall()
	last := points[len(points)-1]
	p, n, _ := a.totals()
	if last.TruePositives != p || last.FalsePositives != n || last.Recall() != 1 || fmt.Sprint(a.cells) != before {
		t.Errorf("last point %+v of %d positives and %d negatives", last, p, n)
	}
}
