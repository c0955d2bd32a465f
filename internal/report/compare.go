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
	Name          string
	Partial, Over differenceView // of mAP(C) and mAP(O)
}

// differenceView is a difference as text: its value, its interval, and the share of draws in which the model was better.
type differenceView struct {
	Value, Interval, Wins string
	Sure                  bool // the interval leaves out 0
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
		t.Rows = append(t.Rows, pairedRow{p.Name, newDifferenceView(p.Paired.MAPPartial), newDifferenceView(p.Paired.MAPO)})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Note = "On the same images and labels, in percentage points."
	if draws > 0 {
		t.Note = fmt.Sprintf("On the same images and labels, in percentage points; 95 %% intervals from %s of the images, each of which scores "+
			"both models. An interval that leaves out 0 is bold. It says how much hangs on these images, nothing about another training seed.", count.Of(draws, "draw"))
	}
	return t
}

func newDifferenceView(d *metric.Difference) differenceView {
	v := differenceView{Value: "-", Interval: "-", Wins: "-"}
	if d == nil {
		return v
	}
	v.Value = fmt.Sprintf("%+.2f", d.Value)
	if i := d.Interval; i != nil {
		v.Interval = fmt.Sprintf("%+.2f to %+.2f", i.Low, i.High)
		v.Wins = fmt.Sprintf("%.0f %%", 100*d.Higher)
		v.Sure = i.Low > 0 || i.High < 0
	}
	return v
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
			why := err.Error()
			if r.scored.report.Images != best.scored.report.Images {
				why += " (--score_images scores as many images of each)"
			}
			r.lack("no paired comparison with %s: %s", best.name, why)
			continue
		}
		pairs = append(pairs, Pair{Name: r.name, Paired: p})
	}
	return pairs, nil
}
