package prior

import (
	"math"
	"math/rand/v2"
	"testing"
)

// scored is an estimate of one class from scores of a model with an own idea of the base rate: 100 annotated
// cells of each label, 4,000 unknown ones of which every second has a score.
func scored(seed uint64, rate, d, shift float64, annotated int) *Shift {
	r := rand.New(rand.NewPCG(seed, 2))
	s := NewOutside(4000+2*annotated, []int{annotated}, []int{annotated})
	add := func(n int, rate float64, label func(bool) int8, every int) {
		logits, positive := twoNormals(r, n, rate, d, 1)
		for i, l := range logits {
			if i%every == 0 {
				s.AddScore(0, float32(1/(1+math.Exp(-float64(l)-shift))), label(positive[i]))
			}
		}
	}
	add(annotated, 1, func(bool) int8 { return 1 }, 1)
	add(annotated, 0, func(bool) int8 { return 0 }, 1)
	add(4000, rate, func(bool) int8 { return -1 }, 2)
	return s
}

func TestScoresFromOutsideGiveTheRateWhateverTheirOwnBaseRate(t *testing.T) {
	for _, rate := range []float64{0.02, 0.3} {
		for _, shift := range []float64{-4, 0, 3} {
			for seed := range uint64(5) {
				e, err := scored(seed, rate, 2.5, shift, 100).Estimate([]string{"a"})
				if err != nil || len(e.Unknowable) != 0 || !e.Fitted {
					t.Fatal(e, err)
				}
				// Unknown cells without a score count for nothing, and widen the interval.
				want := (rate*2000 + 100) / 4200
				p := e.Prior
				if math.Abs(float64(p.Avg[0])-want) > 0.025 || float64(p.High[0]) < want+2000./4200-0.05 {
					t.Errorf("rate %v, shift %v, seed %d: %v to %v, want %v", rate, shift, seed, p.Avg, p.High, want)
				}
			}
		}
	}
}

func TestScoresFromOutsideThatSeparateNothingLeaveWhatIsCertain(t *testing.T) {
	for what, s := range map[string]*Shift{
		"chance":            scored(1, 0.3, 0, 0, 100),
		"nothing annotated": scored(1, 0.3, 3, 0, 0),
	} {
		e, err := s.Estimate([]string{"a"})
		if err != nil || len(e.Unknowable) != 1 || e.Prior.Avg[0] != e.Count[0] || math.Abs(float64(e.Prior.High[0])-1+float64(e.Count[0])) > 1e-6 {
			t.Errorf("%s: %+v, %v", what, e, err)
		}
	}
}
