package prior

import (
	"cmp"
	"errors"
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

// GateThreshold is the prior.threshold of a loss that takes a gate ([Prior.Gate]) as its prior.
const GateThreshold = 0.5

// Selection says which classes are gated: the TopN with the highest prior if that is not 0, those
// above the Quantile if that is not 0, those with a larger share of hidden positives than Hidden if that is
// not 0, else those above the Threshold.
type Selection struct {
	Threshold float64 // 0: none
	TopN      int     // classes gated by rank; 0 = by threshold
	Quantile  float64 // above which classes are gated; 0 = by threshold
	// Hidden is how many positives a class hides among its unknown cells, by its prior, for each one that is
	// annotated; 0 = by threshold. It needs Known.
	Hidden float64
	Known  *Known // the labels that are trained on; nil where only the others are asked
}

// Known is what is annotated.
type Known struct {
	Images    int   // all, at least 1
	Positives []int // annotated cells by class
}

// hidden is how many positives the unknown cells of a class hold, by its prior, for each annotated one. A
// class without any counts as having one.
func (k *Known) hidden(class int, prior float32) float64 {
	positives := float64(k.Positives[class])
	return max(0, float64(prior)*float64(k.Images)-positives) / max(1, positives)
}

// Key is the name of the setting that decides, such as "threshold".
func (s Selection) Key() string {
	switch {
	case s.TopN > 0:
		return "top_n"
	case s.Quantile > 0:
		return "quantile"
	case s.Hidden > 0:
		return "hidden"
	}
	return "threshold"
}

// Value is the value of that setting.
func (s Selection) Value() any {
	switch {
	case s.TopN > 0:
		return s.TopN
	case s.Quantile > 0:
		return s.Quantile
	case s.Hidden > 0:
		return s.Hidden
	}
	return s.Threshold
}

// Select are the classes that s gates, by falling prior.
func (p *Prior) Select(s Selection) ([]int, error) {
	switch {
	case s.TopN > 0:
		return p.TopN(s.TopN)
	case s.Quantile > 0:
		return p.AboveQuantile(s.Quantile)
	case s.Hidden > 0:
		return p.Hiding(s.Hidden, s.Known)
	}
	return p.Above(float32(s.Threshold)), nil
}

// Gate holds 1 for each class that s gates and 0 for the others; nil if the threshold decides and is
// 0, which means no gate.
func (p *Prior) Gate(s Selection) ([]float32, error) {
	if s.TopN == 0 && s.Quantile == 0 && s.Hidden == 0 && s.Threshold == 0 {
		return nil, nil
	}
	closed, err := p.Select(s)
	if err != nil {
		return nil, err
	}
	gate := make([]float32, len(p.Avg))
	for _, c := range closed {
		gate[c] = 1
	}
	return gate, nil
}

// Hiding are the classes whose unknown cells hold more than ratio positives, by the prior, for each annotated
// one, by falling prior.
func (p *Prior) Hiding(ratio float64, known *Known) ([]int, error) {
	if known == nil {
		return nil, errors.New("prior: hidden positives cannot be counted without the training labels")
	}
	if len(known.Positives) != len(p.Avg) {
		return nil, fmt.Errorf("prior: annotated positives of %d classes, the prior has %d", len(known.Positives), len(p.Avg))
	}
	return slices.DeleteFunc(p.Ranked(), func(c int) bool { return !(known.hidden(c, p.Avg[c]) > ratio) }), nil
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
