package report

import (
	"fmt"
	"slices"
	"strconv"

	"csl/internal/config"
	"csl/internal/metric"
	"csl/internal/prior"
)

// priorTable has the classes with the highest prior.
type priorTable struct {
	Run, Summary string
	Shares       bool // whether the validation labels tell true frequencies
	Threshold    string
	Rows         []priorRow
}

type priorRow struct {
	Class, Prior, Width, Share string
	Above                      bool
}

// topPrior is how many classes of a prior are listed.
const topPrior = 12

// newPriorTable shows the prior of the best run or, where it has none, of the first that has one;
// nil if no run has.
func newPriorTable(runs []*run, best *run) *priorTable {
	var r *run
	for _, other := range append([]*run{best}, runs...) {
		if r == nil && other.hasPrior() {
			r = other
		}
	}
	if r == nil {
		return nil
	}
	classes := r.scored.report.PerClass
	p := &prior.Prior{Classes: classNames(r.scored.report), Avg: r.scored.prior}
	gate := r.cfg.PriorSelection()
	closed, _ := p.Select(gate) // a run of more classes than top_n does not begin
	t := &priorTable{Run: r.name, Threshold: strconv.FormatFloat(100*r.cfg.Prior.Threshold, 'f', 1, 64), Shares: mostlyAnnotated(classes)}
	switch {
	case r.cfg.Loss.Mode != config.ModeSelective:
		t.Summary = fmt.Sprintf("Mode %s does not ask it.", r.cfg.Loss.Mode)
	case gate == (prior.Selection{}):
		t.Summary = "Threshold 0: it drops nothing."
	case gate.Key() != "threshold":
		t.Summary = fmt.Sprintf("prior.%s %v gates %d of %d classes: their unknown labels do not count in the loss.",
			gate.Key(), gate.Value(), len(closed), len(classes))
	default:
		t.Summary = fmt.Sprintf("%d of %d classes lie above the threshold %v: their unknown labels are dropped from the loss.",
			len(closed), len(classes), r.cfg.Prior.Threshold)
	}
	order := p.Ranked()
	for _, c := range order[:min(topPrior, len(order))] {
		v := float64(p.Avg[c])
		row := priorRow{
			Class: p.Classes[c], Prior: strconv.FormatFloat(v, 'f', 3, 64), Width: coordinate(100 * v),
			Above: slices.Contains(closed, c),
		}
		if n := classes[c].Positives + classes[c].Negatives; t.Shares && n > 0 {
			row.Share = strconv.FormatFloat(float64(classes[c].Positives)/float64(n), 'f', 3, 64)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
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
