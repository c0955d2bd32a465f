package sweep

import (
	"slices"

	"csl/internal/config"
)

// state is how far a sweep is.
type state struct {
	p       *plan
	results map[string]*result // by folder of the run
	busy    map[string]bool    // folders and files that somebody works on
}

// load reads what is done already.
func load(p *plan) (*state, error) {
	s := &state{p: p, results: map[string]*result{}, busy: map[string]bool{}}
	for r := range p.all {
		if s.results[r.dir] != nil {
			continue
		}
		res, err := readResult(r, p.file.bootstrap)
		if err != nil {
			return nil, err
		}
		s.results[r.dir] = res
	}
	return s, nil
}

// all yields every run that there may be, temporary models included.
func (p *plan) all(yield func(*run) bool) {
	for _, c := range p.arms {
		for _, k := range c.combinations {
			for _, seed := range union(p.file.seeds, p.file.selectSeeds) {
				r := k.runs[seed]
				if r.prior != nil && r.prior.model != nil && !yield(r.prior.model) || !yield(r) {
					return
				}
			}
		}
	}
}

// task is a piece of work: a training, a prior or a test.
type task struct {
	key   string // what is busy meanwhile
	name  string
	train *run
	prior *priorFile
	test  *run
}

// next is the first task, in the order of the file, that can be done now; nil if there is none. waiting reports
// whether there is work that another task has to end for.
func (s *state) next() (t *task, waiting bool) {
	for _, c := range s.p.arms {
		for _, t := range s.tasks(c) {
			if s.busy[t.key] {
				waiting = true
				continue
			}
			return t, true
		}
	}
	return nil, waiting
}

// tasks are what is to be done now for a variant in a group.
func (s *state) tasks(c *arm) (all []*task) {
	chosen := s.chosen(c)
	if chosen == nil {
		for _, seed := range s.p.file.selectSeeds {
			for _, k := range c.combinations {
				if t := s.training(k.runs[seed]); t != nil {
					all = append(all, t)
				}
			}
		}
		return all
	}
	for _, seed := range s.p.file.seeds {
		r := chosen.runs[seed]
		if t := s.training(r); t != nil {
			all = append(all, t)
			continue
		}
		if res := s.results[r.dir]; res.record.Failed == "" && res.test == nil {
			all = append(all, &task{key: r.dir, name: "test of " + r.name, test: r})
		}
	}
	return all
}

// training is the task that a run needs next; nil if it is trained.
func (s *state) training(r *run) *task {
	if s.results[r.dir].record != nil {
		return nil
	}
	if p := r.prior; p != nil && !exists(p.path) {
		if p.model != nil {
			if t := s.training(p.model); t != nil {
				return t
			}
		}
		return &task{key: p.path, name: p.name, prior: p}
	}
	return &task{key: r.dir, name: r.name, train: r}
}

// chosen is the combination that the validation scores choose: the highest mean over the seeds of select, the first of
// equals. It is nil while one is not trained. Combinations without a score on one of the seeds come last.
func (s *state) chosen(c *arm) *combination {
	if len(c.combinations) == 1 {
		return c.combinations[0]
	}
	best, top := c.combinations[0], (*float64)(nil)
	for _, k := range c.combinations {
		score, done := s.score(k)
		if !done {
			return nil
		}
		if score != nil && (top == nil || *score > *top) {
			best, top = k, score
		}
	}
	return best
}

// score is a combination's mean validation score over the seeds of select; nil where a run has none. done is false
// while a run is not trained.
func (s *state) score(k *combination) (mean *float64, done bool) {
	sum, n := 0.0, 0
	for _, seed := range s.p.file.selectSeeds {
		r := k.runs[seed]
		rec := s.results[r.dir].record
		if rec == nil {
			return nil, false
		}
		if v := rec.Val.ByName()[s.by(r.cfg)]; v != nil && rec.Failed == "" {
			sum, n = sum+*v, n+1
		}
	}
	if n < len(s.p.file.selectSeeds) {
		return nil, true
	}
	sum /= float64(n)
	return &sum, true
}

// by is the metric that chooses among combinations.
func (s *state) by(c *config.Config) string {
	if s.p.file.selectBy != "" {
		return s.p.file.selectBy
	}
	return c.Train.Monitor
}

// effort is how many epochs the sweep takes in all, and how many of them are done. Of a combination that is not chosen
// yet the first one stands for it.
func (s *state) effort() (total, done float64, runs, complete int) {
	seen := map[string]bool{}
	add := func(r *run) {
		if seen[r.dir] {
			return
		}
		seen[r.dir] = true
		epochs := float64(r.cfg.Schedule.Trained())
		total, runs = total+epochs, runs+1
		if s.results[r.dir].record != nil {
			done, complete = done+epochs, complete+1
		}
	}
	for _, c := range s.p.arms {
		for _, r := range s.needed(c) {
			if r.prior != nil && r.prior.model != nil && (!exists(r.prior.path) || s.results[r.prior.model.dir].record != nil) {
				add(r.prior.model)
			}
			add(r)
		}
	}
	return total, done, runs, complete
}

// needed are the runs of a variant in a group.
func (s *state) needed(c *arm) (all []*run) {
	if len(c.combinations) > 1 {
		for _, seed := range s.p.file.selectSeeds {
			for _, k := range c.combinations {
				all = append(all, k.runs[seed])
			}
		}
	}
	chosen := s.chosen(c)
	for _, seed := range s.p.file.seeds {
		switch {
		case chosen != nil:
			all = append(all, chosen.runs[seed])
		case !slices.Contains(s.p.file.selectSeeds, seed):
			all = append(all, c.combinations[0].runs[seed])
		}
	}
	return all
}
