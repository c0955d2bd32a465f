package metric

import (
	"cmp"
	"math"
	"slices"
)

// Point is a place on a precision-recall curve of annotated cells: what a threshold would give.
type Point struct {
	// Threshold is a score: cells with more than it count as predicted.
	Threshold float32
	// TruePositives and FalsePositives are predicted, Positives all there are.
	TruePositives, FalsePositives, Positives int
}

// Precision is the share of positives among the predicted, 0 to 1.
func (p Point) Precision() float64 {
	return float64(p.TruePositives) / float64(p.TruePositives+p.FalsePositives)
}

// Recall is the share of predicted among the positives, 0 to 1.
func (p Point) Recall() float64 { return float64(p.TruePositives) / float64(p.Positives) }

// F1 is the harmonic mean of precision and recall, 0 to 1.
func (p Point) F1() float64 {
	return 2 * float64(p.TruePositives) / float64(p.TruePositives+p.FalsePositives+p.Positives)
}

// Curves are the precision-recall curves of the classes: a point for each distinct score of the class's annotated
// cells, from the highest threshold down. Thresholds lie half-way between scores, the last one half-way between the
// lowest and 0, or just below a negative one. The curve of a class without positives is nil.
func (a *Accumulator) Curves() [][]Point {
	curves := make([][]Point, len(a.opt.Classes))
	for c, cells := range a.byClass() {
		curves[c] = curve(cells)
	}
	return curves
}

// Overall is the precision-recall curve of all annotated cells in one ranking, as Curves has those of single classes.
func (a *Accumulator) Overall() []Point { return curve(slices.Clone(a.cells)) }

// byClass are the annotated cells of each class, in order.
func (a *Accumulator) byClass() [][]cell {
	all := make([][]cell, len(a.opt.Classes))
	for c := range all {
		all[c] = make([]cell, 0, a.counts[c].positives+a.counts[c].negatives)
	}
	for _, c := range a.cells {
		all[c.index()] = append(all[c.index()], c)
	}
	return all
}

// curve sorts cells, in place, and walks down.
func curve(cells []cell) []Point {
	positives := 0
	for _, c := range cells {
		if c.positive() {
			positives++
		}
	}
	if positives == 0 {
		return nil
	}
	slices.SortFunc(cells, func(x, y cell) int { return cmp.Compare(y.score, x.score) })
	var points []Point
	p := Point{Positives: positives}
	for i, c := range cells {
		if c.positive() {
			p.TruePositives++
		} else {
			p.FalsePositives++
		}
		next := float32(0)
		if c.score < 0 { // a logit
			next = math.Nextafter32(c.score, float32(math.Inf(-1)))
		}
		if i+1 < len(cells) {
			if next = cells[i+1].score; next == c.score {
				continue
			}
		}
		p.Threshold = between(next, c.score)
		points = append(points, p)
	}
	return points
}

// between is a float32 from low on and below high: half-way, where there is one.
func between(low, high float32) float32 {
	if m := low + (high-low)/2; m < high {
		return m
	}
	return low
}
