package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"csl/internal/config"
	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/prior"
)

// priorTable has the classes with the highest prior.
type priorTable struct {
	From, Summary string // where the first number is from, as the end of a sentence
	Estimated     bool   // whether there is an estimate; else classes are ordered by mean score
	Intervals     bool   // whether it has intervals
	Gated         bool   // whether a column says which classes are gated
	Counts        bool   // whether shares of annotated positives are known
	Means         bool   // whether mean scores are known
	Truths        bool   // whether true shares are known
	CountOf       string
	TruthOf       string
	Rows          []priorRow
	Plot          *priorPlot
}

type priorRow struct {
	Class, Prior, Width, Interval, Count, Mean, Truth string
	Above                                             bool
}

// topPrior is how many classes of a prior are listed.
const topPrior = 16

// shares is all that is known of how often classes occur. Each list is nil where it is not known, and NaN for single
// classes.
type shares struct {
	classes             []string
	estimate, low, high []float64
	count, mean, truth  []float64
	countOf, truthOf    string // which images count and truth are of
	closed              []int  // gated classes
}

// table lists and draws the highest classes.
func (s *shares) table() *priorTable {
	t := &priorTable{
		Estimated: s.estimate != nil, Intervals: s.low != nil, Gated: s.estimate != nil && s.closed != nil, Counts: s.count != nil,
		Means: s.mean != nil, Truths: s.truth != nil, CountOf: s.countOf, TruthOf: s.truthOf,
	}
	by := s.estimate
	if by == nil {
		by = s.mean
	}
	order := make([]int, len(s.classes))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(by[b], by[a]) })
	order = order[:min(topPrior, len(order))]
	for _, c := range order {
		row := priorRow{Class: s.classes[c], Width: coordinate(100 * by[c]), Above: slices.Contains(s.closed, c)}
		row.Prior, row.Count, row.Mean, row.Truth = shareText(s.estimate, c), shareText(s.count, c), shareText(s.mean, c), shareText(s.truth, c)
		if t.Intervals {
			row.Interval = shareText(s.low, c) + " to " + shareText(s.high, c)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Plot = s.plot(order)
	return t
}

// shareText is the share of a class, or a dash.
func shareText(list []float64, c int) string {
	if list == nil || !finite(list[c]) {
		return "-"
	}
	return strconv.FormatFloat(list[c], 'f', 3, 64)
}

// newPriorTable shows the prior of the best run or, where it has none, of the first that has one. If no run has, it
// shows what is known without; nil if nothing is.
func newPriorTable(runs []*run, best *run) *priorTable {
	var r *run
	for _, other := range append([]*run{best}, runs...) {
		if r == nil && other.hasPrior() {
			r = other
		}
	}
	if r == nil && best.scored == nil {
		return nil
	}
	if r == nil {
		s := best.shares()
		s.estimate = nil
		t := s.table()
		t.From = "the mean score of " + best.name
		return t
	}
	s := r.shares()
	p := &prior.Prior{Classes: s.classes, Avg: r.scored.prior}
	gate := r.cfg.PriorSelection()
	gate.Known = known(r.scored.training)
	var err error
	s.closed, err = p.Select(gate) // a run of more classes than top_n does not begin
	if s.closed == nil {
		s.closed = []int{}
	}
	t := s.table()
	t.From = "the prior that " + r.name + " was trained with"
	switch {
	case r.cfg.Loss.Mode != config.ModeSelective:
		t.Summary = fmt.Sprintf("Mode %s does not ask it.", r.cfg.Loss.Mode)
	case err == nil && gate.Key() == "threshold" && r.cfg.Prior.Threshold == 0:
		t.Summary = "Threshold 0: it drops nothing."
	case err != nil:
		t.Summary = fmt.Sprintf("prior.%s %v gates by the annotated positives of the training labels, which this page does not have; the run's log counts the classes.", gate.Key(), gate.Value())
	case gate.Key() != "threshold":
		t.Summary = fmt.Sprintf("prior.%s %v gates %d of %d classes: their unknown labels do not count in the loss.",
			gate.Key(), gate.Value(), len(s.closed), len(s.classes))
	default:
		t.Summary = fmt.Sprintf("%d of %d classes lie above the threshold %v: their unknown labels are dropped from the loss.",
			len(s.closed), len(s.classes), r.cfg.Prior.Threshold)
	}
	return t
}

// known counts what is annotated in training labels; nil without them.
func known(training []labels.ClassCount) *prior.Known {
	if training == nil {
		return nil
	}
	k := &prior.Known{Images: 1}
	for _, c := range training {
		k.Images = max(k.Images, int(c.Positives+c.Negatives+c.Unknown))
		k.Positives = append(k.Positives, int(c.Positives))
	}
	return k
}

// shares is what a run knows of its classes, prior included.
func (r *run) shares() *shares {
	s := &shares{classes: classNames(r.scored.report), estimate: widen(r.scored.prior), low: widen(r.scored.priorLow), high: widen(r.scored.priorHigh)}
	if s.mean = widen(r.scored.priorMean); s.mean == nil {
		s.mean = r.scored.found.means()
	}
	if r.scored.training != nil {
		s.countOf = "training"
		for _, c := range r.scored.training {
			s.count = append(s.count, float64(c.Positives)/float64(max(1, c.Positives+c.Negatives+c.Unknown)))
		}
	}
	s.truth, s.truthOf = r.scored.truth, "training images before labels were hidden"
	if s.truth == nil {
		s.truth, s.truthOf = annotatedShares(r.scored.report.PerClass), "validation images"
	}
	return s
}

// annotatedShares are the shares of positives among annotated cells where they are shares of the images: where nearly
// all cells are annotated. Else nil.
func annotatedShares(classes []metric.ClassResult) []float64 {
	if !mostlyAnnotated(classes) {
		return nil
	}
	var out []float64
	for _, c := range classes {
		v := math.NaN()
		if n := c.Positives + c.Negatives; n > 0 {
			v = float64(c.Positives) / float64(n)
		}
		out = append(out, v)
	}
	return out
}

func widen(values []float32) []float64 {
	if values == nil {
		return nil
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// hasPrior tells whether the run's checkpoint holds a prior for its classes.
func (r *run) hasPrior() bool {
	return r.scored != nil && len(r.scored.prior) > 0 && len(r.scored.prior) == len(r.scored.report.PerClass)
}

// mostlyAnnotated tells whether shares among the annotated labels are shares of the images.
func mostlyAnnotated(classes []metric.ClassResult) bool {
	annotated, unknown := 0, 0
	for _, c := range classes {
		annotated += c.Positives + c.Negatives
		unknown += c.Unknown
	}
	return unknown*9 < annotated
}
