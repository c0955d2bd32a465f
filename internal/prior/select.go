package prior

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Ranked are the class numbers by falling prior; of equal ones the lower
// number comes first.
func (p *Prior) Ranked() []int { return ranked(p.Avg) }

func ranked[T cmp.Ordered](values []T) []int {
	out := make([]int, len(values))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	return out
}

// Above are the classes that a threshold gates, by falling prior: those with a
// prior strictly greater, compared in float32 as the loss does. Threshold 0
// turns the gate off.
func (p *Prior) Above(threshold float32) []int {
	if threshold == 0 {
		return nil
	}
	order := p.Ranked()
	n := slices.IndexFunc(order, func(c int) bool { return !(p.Avg[c] > threshold) })
	if n < 0 {
		n = len(order)
	}
	return order[:n]
}

// TopN are the n classes with the highest prior, by falling prior.
func (p *Prior) TopN(n int) ([]int, error) {
	if n < 0 || n > len(p.Avg) {
		return nil, fmt.Errorf("prior: top %d of %d classes", n, len(p.Avg))
	}
	return p.Ranked()[:n], nil
}

// AboveQuantile are the classes whose prior lies in the upper 1-q of all
// classes, by falling prior: 0.95 takes the top 5 % of the classes, rounded
// down.
func (p *Prior) AboveQuantile(q float64) ([]int, error) {
	if !(q >= 0 && q <= 1) {
		return nil, fmt.Errorf("prior: quantile %v: want 0 to 1", q)
	}
	// The small term makes 0.95 of 80 classes 4 classes and not 3.9999.
	return p.TopN(int(math.Floor((1-q)*float64(len(p.Avg)) + 1e-9)))
}

// ThresholdFor is a threshold that gates the first n classes of Ranked, or
// fewer where the n-th has equals beyond it: the loss knows thresholds only.
// It fails where only the threshold 0, which means no gate, would do.
func (p *Prior) ThresholdFor(n int) (float32, error) {
	order, err := p.TopN(n)
	if err != nil {
		return 0, err
	}
	threshold := float32(0)
	if n == len(p.Avg) {
		threshold = math.Nextafter32(p.Avg[order[n-1]], 0)
	} else {
		threshold = p.Avg[p.Ranked()[n]]
	}
	if threshold == 0 {
		return 0, fmt.Errorf("prior: no threshold gates exactly %d of %d classes: the next one has prior 0", n, len(p.Avg))
	}
	return threshold, nil
}
