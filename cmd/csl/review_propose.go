package main

import (
	"context"

	"csl/internal/audit"
	"csl/internal/audit/list"
	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/modelfile"

	"github.com/spf13/pflag"
)

// proposal says which questions a model is to propose for "csl review".
type proposal struct {
	model      modelfile.Options
	strict     bool
	strategies string
	limit      int
	perClass   int
}

// bind adds the flags.
func (p *proposal) bind(fs *pflag.FlagSet) {
	bindModel(fs, &p.model, &p.strict)
	fs.StringVar(&p.strategies, "strategy", "likely,wrong,uncertain", "with --model_path: rules by which cells are chosen, as csl audit has them")
	fs.IntVar(&p.limit, "limit", 1000, "with --model_path: ask about at most this many cells")
	fs.IntVar(&p.perClass, "per_class", 0, "with --model_path: ask about at most this many cells of a class, by each strategy; 0 = any")
}

// run has the model score the images and choose cells.
func (p *proposal) run(ctx context.Context, s *streams, cfg *config.Config) ([]list.Candidate, error) {
	strategies, err := audit.ParseStrategies(p.strategies)
	switch {
	case err != nil:
		return nil, usagef("--strategy %w", err)
	case p.limit < 1:
		return nil, usagef("--limit %d: must be at least 1", p.limit)
	case p.perClass < 0:
		return nil, usagef("--per_class %d: must be at least 0", p.perClass)
	}
	be, err := s.startCPU()
	if err != nil {
		return nil, err
	}
	defer be.Close()
	p.model.Lenient = !p.strict
	r, err := audit.Run(ctx, audit.Options{
		Config: cfg, Data: dataset.FromConfig(cfg.Data, dataset.Train), Model: p.model, Strategies: strategies, Limit: p.limit, PerClass: p.perClass,
		Seed: cfg.Train.Seed, Backend: be, Display: s.display, FS: s.fs, Garbage: garbageHooks(), Version: version(),
	})
	if err != nil {
		return nil, err
	}
	return r.List, nil
}
