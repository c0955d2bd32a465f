package sweep

import (
	"io"
	"slices"

	"csl/internal/count"
)

// Listed is a run as --dry_run lists it.
type Listed struct {
	Name  string `json:"run"`   // group, variant, setting and seed
	Dir   string `json:"dir"`   // its folder
	State string `json:"state"` // one of the states below
}

// States of a run.
const (
	StateNew     = "new"     // not begun
	StateBegun   = "begun"   // saved, and resumed when the sweep goes on
	StateTrained = "trained" // not chosen, or not tested yet
	StateTested  = "tested"  // complete
	StateFailed  = "failed"  // its loss left the finite numbers
	StateOpen    = "open"    // runs only if its combination is chosen
)

// list is every run that the sweep may do.
func (s *state) list() (all []Listed) {
	seen := map[string]bool{}
	needed := map[string]bool{}
	for _, c := range s.p.arms {
		chosen := s.chosen(c)
		for _, r := range s.needed(c) {
			if chosen != nil || slices.Contains(s.p.file.selectSeeds, r.seed) {
				needed[r.dir] = true
			}
		}
	}
	add := func(r *run, wanted bool) {
		if !seen[r.dir] {
			seen[r.dir] = true
			all = append(all, Listed{r.name, r.dir, s.stateOf(r, wanted)})
		}
	}
	for _, c := range s.p.arms {
		for _, k := range c.combinations {
			for _, seed := range union(s.p.file.seeds, s.p.file.selectSeeds) {
				r := k.runs[seed]
				done := s.results[r.dir].record != nil
				if !needed[r.dir] && !done && s.chosen(c) != nil {
					continue // another combination was chosen
				}
				if r.prior != nil && r.prior.model != nil { // whatever is chosen
					add(r.prior.model, true)
				}
				add(r, needed[r.dir])
			}
		}
	}
	return all
}

func (s *state) stateOf(r *run, wanted bool) string {
	res := s.results[r.dir]
	switch {
	case res.record != nil && res.record.Failed != "":
		return StateFailed
	case res.test != nil:
		return StateTested
	case res.record != nil:
		return StateTrained
	case isSaved(r.dir):
		return StateBegun
	case !wanted:
		return StateOpen
	}
	return StateNew
}

// WriteList prints the runs with their states.
func WriteList(w io.Writer, runs []Listed) error {
	rows := [][]string{{"state", "run"}}
	for _, r := range runs {
		rows = append(rows, []string{r.State, r.Name})
	}
	_, err := io.WriteString(w, align(rows, "ll")+"\n"+count.Of(len(runs), "run")+"\n")
	return err
}
