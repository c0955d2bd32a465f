package prior

import (
	"math"
	"testing"
)

func TestPosteriorsFindTheShareOfPositivesUnderAnyScaleOfTheLogits(t *testing.T) {
	for _, rate := range []float64{0.05, 0.3} {
		for _, scale := range []float64{0.7, 1.5} {
			s := drawn(t, 4, 4000, rate, 3, scale)
			list, fitted := s.Posteriors()
			p := list[0]
			if want := shrunk(rate, 50.5/4101, 50); !fitted || !p.Known || math.Abs(p.Share-want) > 0.1*want+0.01 {
				t.Errorf("rate %v, scale %v: %+v, want a share of %v", rate, scale, p, want)
			}
			if p.Chance(5) <= p.Chance(0) || p.Chance(5) > 1 || p.Chance(-20) < 0 {
				t.Errorf("chances %v %v %v", p.Chance(5), p.Chance(0), p.Chance(-20))
			}
		}
	}
}

func TestPosteriorsDoNotDependOnAConstantThatIsAddedToTheLogits(t *testing.T) {
	plain, moved := NewShift(1), NewShift(1)
	for i, l := range []float32{-3, -2, -1, -2, 1, 2, 3, 1, -2.5, 2.5, -1.5, 1.5} {
		label := int8(0)
		if l > 0 {
			label = 1
		}
		for shift, s := range map[float32]*Shift{0: plain, -4: moved} {
			if err := s.Add([]float32{l + shift}, []int8{int8(i%2)*(label+1) - 1}); err != nil {
				t.Fatal(err)
			}
			if err := s.AddHeldOut([]float32{l + shift}, []int8{label}); err != nil {
				t.Fatal(err)
			}
		}
	}
	a, _ := plain.Posteriors()
	b, _ := moved.Posteriors()
	if !a[0].Known || math.Abs(a[0].LogRatio(1)-b[0].LogRatio(-3)) > 1e-6 || math.Abs(a[0].Share-b[0].Share) > 1e-6 {
		t.Errorf("%+v, moved %+v", a[0], b[0])
	}
}

func TestAClassThatHeldOutCellsDoNotTellOfHasTheShareOfItsPositives(t *testing.T) {
	s := drawn(t, 3, 2000, 0.3, 0, 1)
	list, fitted := s.Posteriors()
	if p := list[0]; !fitted || p.Known || p.LogRatio(3) != 0 || math.Abs(p.Chance(3)-50.5/2101) > 1e-9 {
		t.Errorf("%+v", p)
	}
	none := NewShift(1)
	if err := none.Add([]float32{1, 2}, []int8{1, -1}); err != nil {
		t.Fatal(err)
	}
	if list, fitted := none.Posteriors(); fitted || list[0].Known {
		t.Errorf("without held-out cells: %+v", list)
	}
}

func TestTheShareOfAClassWithFewPositivesIsDrawnToTheirShare(t *testing.T) {
	if few, many := shrunk(0.3, 0.001, 1), shrunk(0.3, 0.001, 10000); few > 0.002 || many < 0.29 {
		t.Errorf("%v with one positive, %v with many", few, many)
	}
	if v := shrunk(0.001, 0.3, 5); v != 0.001 {
		t.Errorf("an estimate below the counted share became %v", v)
	}
}
