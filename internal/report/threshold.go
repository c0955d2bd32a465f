package report

import "math"

// cells counts annotated cells by logit, in steps of 1/logitSteps.
type cells struct {
	positive, negative [2 * logitRange * logitSteps]int
}

const (
	logitRange = 16
	logitSteps = 32
)

func (c *cells) add(logits []float32, states []int8) {
	for i, z := range logits {
		if states[i] < 0 {
			continue
		}
		// A NaN, which the accumulator refuses, must not become an index.
		at := min(max(float64(z), -logitRange), logitRange)
		bin := min(max(int((at+logitRange)*logitSteps), 0), len(c.positive)-1)
		if states[i] > 0 {
			c.positive[bin]++
		} else {
			c.negative[bin]++
		}
	}
}

// best is the score above which calling a class present gives the best F1 over all annotated cells,
// and that F1 in percent. Without a positive cell it is 0.5, 0.
func (c *cells) best() (threshold, f1 float64) {
	positives := 0
	for _, n := range c.positive {
		positives += n
	}
	if positives == 0 {
		return 0.5, 0
	}
	hits, predicted, at := 0, 0, len(c.positive)
	for bin := len(c.positive) - 1; bin >= 0; bin-- {
		hits += c.positive[bin]
		predicted += c.positive[bin] + c.negative[bin]
		if f := 200 * float64(hits) / float64(positives+predicted); f > f1 {
			f1, at = f, bin
		}
	}
	return 1 / (1 + math.Exp(logitRange-float64(at)/logitSteps)), f1
}
