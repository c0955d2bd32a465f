package sweep

import (
	"math"
	"testing"
)

func ptr(v float64) *float64 { return &v }

// The quantiles are those of published tables of Student's t.
func TestQuantilesOfStudentsT(t *testing.T) {
	for df, want := range map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 30: 2.042, 120: 1.980} {
		if got := studentT(df); math.Abs(got-want) > 6e-4 {
			t.Errorf("%d degrees of freedom: %.4f, want %.3f", df, got, want)
		}
	}
}

func TestIntervalsOfPairedDifferences(t *testing.T) {
	i := overSeeds([]*float64{ptr(1), ptr(2), ptr(3)}) // mean 2, deviation 1
	half := 4.303 / math.Sqrt(3)
	if i == nil || math.Abs(i.Low-(2-half)) > 1e-3 || math.Abs(i.High-(2+half)) > 1e-3 {
		t.Errorf("%+v", i)
	}
	if overSeeds([]*float64{ptr(1)}) != nil || overSeeds([]*float64{ptr(1), nil}) != nil || overSeeds(nil) != nil {
		t.Error("an interval of one difference, or of an undefined one")
	}
	var a, b []*float64
	for k := range 101 {
		a, b = append(a, ptr(float64(k)+5)), append(b, ptr(5))
	}
	i = overImages([][]*float64{a, a}, [][]*float64{b, b})
	if i == nil || math.Abs(i.Low-2.5) > 1e-9 || math.Abs(i.High-97.5) > 1e-9 {
		t.Errorf("%+v", i)
	}
	if overImages(nil, nil) != nil {
		t.Error("an interval without draws")
	}
}

func TestTheReversedDifferenceMirrorsItsIntervals(t *testing.T) {
	g := Group{Differences: []Difference{{A: "a", B: "b", Seeds: []uint64{1}, MAPO: margin([]*float64{ptr(1), ptr(2)}, nil, nil)}}}
	d, ok := g.between("b", "a")
	there, _ := g.between("a", "b")
	if !ok || *d.MAPO.Mean != -1.5 || d.MAPO.Seeds.Low != -there.MAPO.Seeds.High || d.MAPPartial.Mean != nil {
		t.Errorf("%+v", d)
	}
	if _, ok := g.between("a", "c"); ok {
		t.Error("a difference to nothing")
	}
}
