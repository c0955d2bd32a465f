package metric

import "testing"

func TestTheLastThresholdIsBelowEveryScore(t *testing.T) {
	o := Options{Classes: []string{"a"}, Threshold: 0.5}
	for _, scores := range [][]float32{{0.9, 0.1}, {2, -3}, {-1, -3}} {
		a, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range scores {
			if err := a.Add([]string{"x"}, []float32{s}, []int8{int8(i)}); err != nil {
				t.Fatal(err)
			}
		}
		points := a.Curves()[0]
		last := points[len(points)-1]
		if last.TruePositives != 1 || last.FalsePositives != 1 || last.Threshold >= scores[1] {
			t.Errorf("scores %v: last point %+v, want all cells predicted by a threshold below %v", scores, last, scores[1])
		}
	}
}
