package sweep

import (
	"context"
	"fmt"
	"path/filepath"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/estimate"
	"csl/internal/graph"
	"csl/internal/labels"
	"csl/internal/modelfile"
	"csl/internal/prior"
	"csl/internal/rundir"
)

// makePrior writes a prior that runs share.
func (c *crew) makePrior(ctx context.Context, be graph.Host, p *priorFile) error {
	if err := c.o.FS.MkdirAll(filepath.Dir(p.path)); err != nil {
		return fmt.Errorf("make the folder of %q: %w", p.path, err)
	}
	display := c.display(p.name)
	if p.kind != priorEstimated {
		shares, err := p.counted(ctx)
		if err != nil {
			return err
		}
		return shares.Save(c.o.FS, p.path)
	}
	if failed := c.failure(p.model); failed != "" {
		return fmt.Errorf("its temporary model has failed: %s; the settings of estimate may help", failed)
	}
	if p.method == config.PriorTraining { // the temporary model's run has it
		d, err := dataset.FromConfig(p.cfg.Data, dataset.Train).Find()
		if err != nil {
			return err
		}
		set, err := readLabels(ctx, p.cfg, d)
		if err != nil {
			return err
		}
		mean, _, err := prior.Load(ctx, filepath.Join(p.model.dir, rundir.Prior), set.ClassNames(), "")
		if err != nil {
			return err
		}
		return mean.Save(c.o.FS, p.path)
	}
	cfg := *p.cfg
	cfg.Prior.Method = p.method
	_, err := estimate.Run(ctx, estimate.Options{
		Config: &cfg, Model: modelfile.Options{Path: filepath.Join(p.model.dir, rundir.Best)}, Data: dataset.FromConfig(cfg.Data, dataset.Train),
		Out: p.path, Backend: be, Display: display, FS: c.o.FS, Garbage: c.garbage(), Version: c.o.Version,
	})
	return err
}

// failure says why a run has no result; "" if it has one.
func (c *crew) failure(r *run) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.results[r.dir].record.Failed
}

// readLabels reads training labels.
func readLabels(ctx context.Context, cfg *config.Config, path string) (*labels.Set, error) {
	o, err := dataset.FromConfig(cfg.Data, dataset.Train).Labels(path)
	if err != nil {
		return nil, err
	}
	set, _, err := dataset.Labels(ctx, o)
	return set, err
}

// counted are the shares of the images in which each class is annotated as present: in the full annotations, or in
// the labels that are trained on.
func (p *priorFile) counted(ctx context.Context) (*prior.Prior, error) {
	path, err := dataset.FromConfig(p.cfg.Data, dataset.Train).Find()
	if err != nil {
		return nil, err
	}
	set, err := readLabels(ctx, p.cfg, path)
	if err != nil {
		return nil, err
	}
	switch {
	case p.kind == priorTrue && p.full != "":
		set, _, err = dataset.Labels(ctx, labels.Options{Path: p.full, Classes: set.ClassNames(), SkipOtherClasses: true})
	case p.kind == priorCount && p.cfg.Simulate.Type != config.SimulateNone:
		set, err = labels.Simulate(set, p.cfg.Simulate.Type, p.cfg.Simulate.Param, p.cfg.Simulate.Seed)
	}
	if err != nil {
		return nil, err
	}
	shares := &prior.Prior{Classes: set.ClassNames()}
	for _, class := range set.Stats().Classes {
		shares.Avg = append(shares.Avg, float32(float64(class.Positives)/float64(max(1, set.Len()))))
	}
	return shares, nil
}
