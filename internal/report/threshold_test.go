package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestThresholdHasTheBestF1(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var logits []float32
	var states []int8
	for range 3000 {
		state := int8(r.IntN(3) - 1)
		logits = append(logits, float32(r.NormFloat64()*2+float64(state)-2))
		states = append(states, state)
	}
	var c cells
	c.add(logits, states)
	threshold, f1 := c.best()
	at := func(threshold float64) float64 {
		hits, predicted, positives := 0, 0, 0
		for i, z := range logits {
			above := 1/(1+math.Exp(-float64(z))) > threshold
			if states[i] == 1 {
				positives++
			}
			if states[i] >= 0 && above {
				predicted++
				if states[i] == 1 {
					hits++
				}
			}
		}
		return 200 * float64(hits) / float64(positives+predicted)
	}
	if got := at(threshold); math.Abs(got-f1) > 0.2 {
		t.Errorf("F1 above %v is %v, said to be %v", threshold, got, f1)
	}
	for other := 0.005; other < 1; other += 0.005 {
		if at(other) > f1+0.2 {
			t.Errorf("F1 above %v is %v, better than %v above %v", other, at(other), f1, threshold)
		}
	}
}

func TestThresholdOfExtremesAndOfNothing(t *testing.T) {
	var c cells
	if threshold, f1 := c.best(); threshold != 0.5 || f1 != 0 {
		t.Errorf("without cells %v, %v", threshold, f1)
	}
	c.add([]float32{1e9, -1e9, float32(math.NaN()), 3}, []int8{1, 0, 0, -1})
	if threshold, f1 := c.best(); f1 != 100 || !(threshold > 0.5 && threshold < 1) {
		t.Errorf("extremes: %v, %v", threshold, f1)
	}
}
