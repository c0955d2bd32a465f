package metric

import (
	"fmt"
	"slices"
)

// Goal says which threshold is best.
type Goal struct {
	// Precision or Recall, if above 0, is to be reached, with the largest possible value of the other; with neither,
	// F1 is to be as large as possible. From 0 to 1.
	Precision, Recall float64
	// Shrink is how many annotated positives the overall threshold is worth against a class's own: with n of them, the
	// class's threshold is (n*own + Shrink*overall)/(n + Shrink), with n the smaller of its positives and negatives.
	Shrink float64
}

// ClassThreshold is the threshold of a class.
type ClassThreshold struct {
	Class     string  `json:"class"`     // name of the class
	Threshold float32 `json:"threshold"` // score above which it counts as present
	Own       float32 `json:"own"`       // what the class's annotated cells alone would choose
	Support   int     `json:"support"`   // the smaller of annotated positives and negatives
	Precision float64 `json:"precision"` // on annotated cells, with Threshold; percent
	Recall    float64 `json:"recall"`    // at the threshold, in percent
	F1        float64 `json:"f1"`        // at the threshold, in percent
}

// Thresholds chooses a threshold for each class, and one for all. It needs an annotated positive and negative; a class
// without both gets the overall threshold.
func (a *Accumulator) Thresholds(g Goal) (list []ClassThreshold, overall float32, err error) {
	positives, negatives, _ := a.totals()
	if positives == 0 || negatives == 0 {
		return nil, 0, fmt.Errorf("thresholds need annotated positives and negatives; there are %d and %d", positives, negatives)
	}
	overall = g.choose(curve(slices.Clone(a.cells)))
	classes := a.byClass()
	for c, name := range a.opt.Classes {
		k := &a.counts[c]
		t := ClassThreshold{Class: name, Own: overall, Threshold: overall, Support: min(k.positives, k.negatives)}
		if t.Support > 0 {
			t.Own = g.choose(curve(classes[c]))
			n := float64(t.Support)
			t.Threshold = float32((n*float64(t.Own) + g.Shrink*float64(overall)) / (n + g.Shrink))
		}
		t.rate(classes[c])
		list = append(list, t)
	}
	return list, overall, nil
}

// choose is the best threshold of a curve that has a point. Where a precision cannot be reached, it is that of the
// highest precision; of equal choices the higher threshold is taken.
func (g Goal) choose(points []Point) float32 {
	best := points[0]
	for _, p := range points[1:] {
		if g.better(p, best) {
			best = p
		}
	}
	return best.Threshold
}

// better reports whether p, which has a lower threshold than q, is to be preferred.
func (g Goal) better(p, q Point) bool {
	switch {
	case g.Recall > 0: // the highest threshold that reaches it is the most precise but for ties below
		pOK, qOK := p.Recall() >= g.Recall, q.Recall() >= g.Recall
		return pOK && (!qOK || p.Precision() > q.Precision())
	case g.Precision > 0:
		pOK, qOK := p.Precision() >= g.Precision, q.Precision() >= g.Precision
		if pOK && qOK {
			return p.Recall() > q.Recall()
		}
		return pOK || !qOK && p.Precision() > q.Precision()
	}
	return p.F1() > q.F1()
}

// rate fills in what the threshold gives on the class's annotated cells.
func (t *ClassThreshold) rate(cells []cell) {
	var p Point
	for _, c := range cells {
		predicted := c.score > t.Threshold
		if c.positive() {
			p.Positives++
		}
		switch {
		case predicted && c.positive():
			p.TruePositives++
		case predicted:
			p.FalsePositives++
		}
	}
	if p.TruePositives > 0 {
		t.Precision, t.Recall, t.F1 = 100*p.Precision(), 100*p.Recall(), 100*p.F1()
	}
}
