package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestTicksAreRoundNumbersInsideTheAxis(t *testing.T) {
	for _, x := range []struct {
		c    chart
		y    []float64
		want string
	}{
		{chart{unit: "%"}, []float64{31, 57}, "30% 40% 50% 60%"},
		{chart{zero: true}, []float64{0.0004, 0.002}, "0 0.0005 0.001 0.0015 0.002"},
		{chart{zero: true}, []float64{0.3, 1}, "0 0.5 1"},
		{chart{logY: true}, []float64{0.02, 3}, "0.01 0.1 1 10"},
		{chart{logY: true}, []float64{1e-9, 1e3}, "0.1 1 10 100 1000"},
		{chart{}, []float64{5, 5}, "4.5 5 5.5"},
		{chart{}, []float64{-20000, 20000}, "-20k -10k 0 10k 20k"},
	} {
		x.c.series = []series{{x: []float64{1, 2}, y: x.y}}
		d := x.c.draw()
		var got []string
		for _, k := range d.Y {
			got = append(got, k.Text)
			if k.At < plotTop-1e-6 || k.At > plotBottom+1e-6 {
				t.Errorf("%v: tick %s at %v is outside", x.y, k.Text, k.At)
			}
		}
		if strings.Join(got, " ") != x.want {
			t.Errorf("%v: ticks %v, want %s", x.y, got, x.want)
		}
	}
}

func TestLinesStayInsideAndBreakAtGaps(t *testing.T) {
	c := chart{series: []series{{name: "a", x: []float64{0, 1, 2, 3}, y: []float64{0, 10, math.NaN(), 5}}}}
	d := c.draw()
	want := fmt.Sprintf("M%.1f %.1fL%.1f %.1fM%.1f %.1f", plotLeft, plotBottom, plotLeft+(plotRight-plotLeft)/3, plotTop, plotRight, (plotTop+plotBottom)/2)
	if len(d.Lines) != 1 || d.Lines[0].D != want {
		t.Errorf("lines %+v, want %s", d.Lines, want)
	}
}

func TestNothingToDrawIsNoChart(t *testing.T) {
	for _, s := range [][]series{nil, {{}}, {{x: []float64{1}, y: []float64{math.NaN()}}}} {
		if d := (chart{series: s}).draw(); d != nil {
			t.Errorf("%v: drawn as %+v", s, d)
		}
	}
	if d := (chart{logY: true, series: []series{{x: []float64{1, 2}, y: []float64{0, 0}}}}).draw(); d != nil {
		t.Error("zeros are on a logarithmic axis")
	}
	if d := (chart{series: []series{{x: []float64{1}, y: []float64{3}}}}).draw(); d == nil || math.IsNaN(d.Lines[0].EndX) {
		t.Errorf("a single point: %+v", d)
	}
}

func TestLongLinesAreAveraged(t *testing.T) {
	var s series
	for i := range 10_000 {
		s.add(float64(i), float64(i%2))
	}
	d := (chart{series: []series{s}}).draw()
	if n := strings.Count(d.Lines[0].D, "L"); n >= mostPoints || n < mostPoints/2 {
		t.Errorf("%d points", n)
	}
	thin := s.thin(false)
	for _, y := range thin.y[:len(thin.y)-1] {
		if y != 0.5 {
			t.Fatalf("a mean of zeros and ones is %v", y)
		}
	}
}

func TestLabelsNeitherOverlapNorLeaveTheChart(t *testing.T) {
	var c chart
	for i := range 6 {
		c.series = append(c.series, series{name: fmt.Sprint("run number ", i, " of many"), color: i, x: []float64{1, 2}, y: []float64{5, 0.01 * float64(i)}})
	}
	d := c.draw()
	seen := map[int]bool{}
	for i, a := range d.Labels {
		seen[a.Color] = true
		if a.Y > plotBottom+1e-9 || a.Y < plotTop || len([]rune(a.Text)) > longestLabel {
			t.Errorf("label %+v", a)
		}
		for _, b := range d.Labels[:i] {
			if math.Abs(a.Y-b.Y) < labelGap-1e-9 {
				t.Errorf("%+v and %+v overlap", a, b)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("labels %+v", d.Labels)
	}
	// The order of labels is that of the lines' ends.
	if d.Labels[0].Y < d.Labels[5].Y {
		t.Errorf("the lowest line has the label at %v, the highest at %v", d.Labels[0].Y, d.Labels[5].Y)
	}
}
