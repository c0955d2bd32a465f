package train

import (
	"strings"
	"testing"

	"csl/internal/loss"
	"csl/internal/rundir"
)

func TestMeterAveragesPerImageAndPerUnknownCell(t *testing.T) {
	var m meter
	m.add(4, loss.Terms{Total: 12, Positive: 6, Negative: 2, Unknown: 4, Unknowns: 30, DroppedPrior: 6, DroppedTopK: 4, DroppedBoth: 1})
	m.add(2, loss.Terms{Total: 6, Positive: 3, Negative: 1, Unknown: 2, Unknowns: 10, DroppedPrior: 2, DroppedTopK: 2, DroppedBoth: 1})
	got := m.record()
	want := rundir.Step{
		Kind: rundir.KindStep, Loss: 3, Positive: 1.5, Negative: 0.5, Unknown: 1,
		DroppedPrior: 0.2, DroppedTopK: 0.15, Dropped: 0.3,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestMeterOfNothingIsZeroNotNaN(t *testing.T) {
	var m meter
	if got := m.record(); got != (rundir.Step{Kind: rundir.KindStep}) {
		t.Errorf("got %+v", got)
	}
}

func score(v float64) rundir.Scores { return rundir.Scores{MAPPartial: &v} }

func TestBestPrefersTheBetterOfRegularAndEMA(t *testing.T) {
	var b best
	for i, c := range []struct {
		regular, ema rundir.Scores
		source       string
		improved     bool
		stale        int
	}{
		{score(40), score(30), "regular", true, 0},
		{score(35), score(41), "ema", true, 0},
		{score(41), score(41), "regular", false, 1}, // equal to the best: the earlier one stays
		{rundir.Scores{}, rundir.Scores{}, "regular", false, 2},
		{rundir.Scores{}, score(50), "ema", true, 0},
	} {
		v := rundir.Validation{Step: i, Regular: c.regular, EMA: c.ema, Monitor: "map_partial"}
		if err := b.offer(&v); err != nil {
			t.Fatal(err)
		}
		if v.Source != c.source || v.Improved != c.improved || b.Stale != c.stale {
			t.Errorf("validation %d: source %s improved %v stale %d, want %+v", i, v.Source, v.Improved, b.Stale, c)
		}
	}
	if *b.Value != 50 || b.Source != "ema" || b.Step != 4 {
		t.Errorf("best = %+v", b)
	}
}

func TestWatchedFollowsTheMonitor(t *testing.T) {
	n := []float64{1, 2, 3, 4, 5}
	s := rundir.Scores{MAPPartial: &n[0], MAPO: &n[1], MAP: &n[2], CF1: &n[3], OF1: &n[4]}
	for i, name := range []string{"map_partial", "map_o", "map", "cf1", "of1"} {
		if got, err := watched(s, name); err != nil || *got != n[i] {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, n[i])
		}
	}
	if _, err := watched(s, "accuracy"); err == nil || !strings.Contains(err.Error(), "accuracy") {
		t.Errorf("an unknown metric: %v", err)
	}
}
