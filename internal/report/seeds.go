package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"csl/internal/config"
)

// Repeat is a recipe that was run with several seeds: mean and standard deviation (of the sample)
// over its runs.
type Repeat struct {
	Mode       string   `json:"mode"`        // the loss mode
	Runs       []int    `json:"runs"`        // their places in Summary.Runs
	Seeds      []uint64 `json:"seeds"`       // of the runs
	MAPPartial Spread   `json:"map_partial"` // mAP(C) over the seeds
	MAPO       Spread   `json:"map_o"`       // mAP(O) over the seeds
}

// Spread is how a metric came out, in percent.
type Spread struct {
	Mean float64 `json:"mean"` // in percent
	SD   float64 `json:"sd"`   // standard deviation, in percent
}

// String is the mean and, behind ±, the standard deviation.
func (s Spread) String() string { return fmt.Sprintf("%.2f ± %.2f", s.Mean, s.SD) }

// repeats finds the recipes with two runs or more whose scores are all known, in order of their
// first run.
func repeats(runs []*run, rows []Row) []Repeat {
	groups := map[string][]int{}
	var keys []string
	for i, r := range runs {
		key := recipeKey(r)
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], i)
	}
	out := []Repeat{}
	for _, key := range keys {
		if r, ok := newRepeat(groups[key], rows); ok {
			out = append(out, r)
		}
	}
	return out
}

func newRepeat(members []int, rows []Row) (Repeat, bool) {
	r := Repeat{Mode: rows[members[0]].Mode, Runs: members}
	var partial, overall []float64
	for _, i := range members {
		row := rows[i]
		if row.MAPPartial == nil || row.MAPO == nil || slices.Contains(r.Seeds, row.Seed) {
			return r, false
		}
		r.Seeds = append(r.Seeds, row.Seed)
		partial, overall = append(partial, *row.MAPPartial), append(overall, *row.MAPO)
	}
	r.MAPPartial, r.MAPO = spreadOf(partial), spreadOf(overall)
	return r, len(members) > 1
}

func spreadOf(values []float64) Spread {
	var s Spread
	for _, v := range values {
		s.Mean += v / float64(len(values))
	}
	for _, v := range values {
		s.SD += (v - s.Mean) * (v - s.Mean)
	}
	s.SD = math.Sqrt(s.SD / float64(len(values)-1))
	return s
}

// recipeKey is equal for runs that differ by their seeds alone (and by the prior's file, which each
// seed has its own of).
func recipeKey(r *run) string {
	values := r.cfg.Values()
	for _, key := range []string{"train.out", "train.seed", "simulate.seed", "prior.path"} {
		delete(values, key)
	}
	var b strings.Builder
	for _, k := range config.Keys() {
		b.WriteString(values[k.Name] + "\x00")
	}
	return b.String()
}
