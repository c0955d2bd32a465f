package report

import (
	"context"
	"fmt"

	"csl/internal/count"
	"csl/internal/metric"
)

// pairedTable compares models with the first on the same images.
type pairedTable struct {
	First string
	Note  string
	Rows  []pairedRow
}

type pairedRow struct {
	Name                string
	MAPPartial, MAPO    string
	PartialSure, OSure  bool // the interval leaves out 0
	PartialWins, OWins  string
	Partial95, Overall9 string
}

// Pair is a model compared with the first one.
type Pair struct {
	Name   string         // of the model
	Paired *metric.Paired // nil where it cannot be compared
}

func newPairedTable(first string, pairs []Pair) *pairedTable {
	t := &pairedTable{First: first}
	draws := 0
	for _, p := range pairs {
		if p.Paired == nil {
			continue
		}
		draws = p.Paired.Replicates
		row := pairedRow{Name: p.Name}
		row.MAPPartial, row.Partial95, row.PartialWins, row.PartialSure = differenceText(p.Paired.MAPPartial)
		row.MAPO, row.Overall9, row.OWins, row.OSure = differenceText(p.Paired.MAPO)
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Note = "On the same images and labels, in percentage points."
	if draws > 0 {
		t.Note = fmt.Sprintf("On the same images and labels, in percentage points; 95 %% intervals from %s of the images, each of which scores both models. An interval that leaves out 0 is bold. It says how much hangs on these images, nothing about another training seed.", count.Of(draws, "draw"))
	}
	return t
}

// differenceText shows a difference, its interval and how often the model was better.
func differenceText(d *metric.Difference) (value, interval, wins string, sure bool) {
	if d == nil {
		return "-", "-", "-", false
	}
	value, interval, wins = fmt.Sprintf("%+.2f", d.Value), "-", "-"
	if i := d.Interval; i != nil {
		interval = fmt.Sprintf("%+.2f to %+.2f", i.Low, i.High)
		wins = fmt.Sprintf("%.0f %%", 100*d.Higher)
		sure = i.Low > 0 || i.High < 0
	}
	return value, interval, wins, sure
}

// Draws of images for the comparison of runs: as many as take seconds.
const (
	mostDraws  = 1000
	leastDraws = 100
	drawnCells = 300e6 // over all draws
)

// compareRuns compares the scored runs with the best one; runs on other images or labels are noted as missing.
func compareRuns(ctx context.Context, runs []*run, best *run, workers int) ([]Pair, error) {
	if best.scored == nil {
		return nil, nil
	}
	var pairs []Pair
	for _, r := range runs {
		if r == best || r.scored == nil {
			continue
		}
		cells := 0
		for _, c := range r.scored.report.PerClass {
			cells += c.Positives + c.Negatives
		}
		draws := min(mostDraws, max(leastDraws, int(drawnCells/float64(max(cells, 1)))))
		p, err := metric.Compare(ctx, best.scored.cells, r.scored.cells, draws, 1, workers)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("report: %w", ctx.Err())
		}
		if err != nil {
			r.lack("no paired comparison with %s: %v", best.name, err)
			continue
		}
		pairs = append(pairs, Pair{Name: r.name, Paired: p})
	}
	return pairs, nil
}
