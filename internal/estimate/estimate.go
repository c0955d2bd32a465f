// Package estimate finds the class prior of partially annotated images: it trains the temporary
// model in Ignore mode, or takes a checkpoint, and asks what the model says of the training images (CSL
// paper, section 3.3), as it is or corrected for label shift. The prior's file, its summary and its comparison live in
// package prior.
package estimate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/dist"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/labels"
	"csl/internal/loss"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/prior"
	"csl/internal/progress"
	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/train"
)

// topCompared is the length of the top lists that are compared: the paper's.
const topCompared = 10

// Options says what to estimate from.
type Options struct {
	// Config trains the temporary model where Model.Path is empty; it also says how images load.
	Config *config.Config
	Model  modelfile.Options // Path: the model to average; "" trains one
	Resume bool              // resume the temporary model's training
	Data   dataset.Options   // the images to average over
	// CompareWith is a file of full annotations of the same images; "" for none.
	CompareWith string
	Out         string            // the prior's file
	Backend     graph.Host        // where graphs run
	Display     *progress.Display // messages and progress
	FS          safefile.FS       // where files are written
	Garbage     garbage.Hooks     // controls the garbage collector
	Version     string            // of csl, stored in files
	// Group are the ranks that share the work, each in its Run with equal options; nil for one that is alone. All get
	// the prior; rank 0 writes. Program is a digest of the program.
	Group   dist.Group
	Program string
}

// Result is an estimated prior.
type Result struct {
	Prior   *prior.Prior // the estimate
	Weights string       // which weights it comes from, for people
	// Estimate is what a prior by label shift rests on; nil with the other methods.
	Estimate *prior.Estimate
	// Comparison is nil without CompareWith.
	Comparison *prior.Comparison
	Skipped    int
}

// Run estimates the prior and writes it to Out and, where it trained a model, also into the run's
// folder.
func Run(ctx context.Context, o Options) (r Result, err error) {
	if o.CompareWith != "" { // what cannot be read is said before the training
		if _, _, err := dataset.Labels(ctx, labels.Options{Path: o.CompareWith}); err != nil {
			return r, fmt.Errorf("compare: %w", err)
		}
	}
	if o.Group == nil {
		o.Group = dist.Single()
	}
	if o.Group.Rank() == 0 {
		if err := safefile.CheckWritable(o.FS, o.Out); err != nil { // not after hours of training
			return r, err
		}
	}
	var set *labels.Set
	if o.fromScores() {
		set, err = o.byScores(ctx, &r)
	} else if o.Model.Path != "" {
		r.Weights = o.Model.Path
		set, err = o.fromModel(ctx, o.Model, &r)
	} else {
		set, err = o.fromTraining(ctx, &r)
	}
	if err != nil {
		return r, err
	}
	if err := o.save(r.Prior, o.Out); err != nil {
		return r, err
	}
	return r, o.compare(ctx, set, &r)
}

// compare sets the prior against full annotations: those of CompareWith, or those that the
// configuration's simulation hides.
func (o *Options) compare(ctx context.Context, annotated *labels.Set, r *Result) error {
	full, partial := annotated, annotated
	simulated := o.Config.Simulate.Type != config.SimulateNone
	if !simulated && o.CompareWith == "" {
		return nil
	}
	var err error
	if s := o.Config.Simulate; simulated {
		if partial, err = labels.Simulate(annotated, s.Type, s.Param, s.Seed); err != nil {
			return err
		}
	}
	if o.CompareWith != "" {
		full, _, err = dataset.Labels(ctx, labels.Options{Path: o.CompareWith, Classes: r.Prior.Classes, SkipOtherClasses: true})
		if err != nil {
			return fmt.Errorf("compare: %w", err)
		}
	}
	c, err := prior.Compare(r.Prior, full, partial, topCompared)
	if err != nil {
		return err
	}
	if e := r.Estimate; e != nil {
		mean, err := prior.Compare(&prior.Prior{Classes: r.Prior.Classes, Avg: e.Mean}, full, partial, topCompared)
		if err != nil {
			return err
		}
		c.Mean = &mean.Estimated
	}
	r.Comparison = &c
	return nil
}

// Temporary are the settings of the temporary model whose outputs make the prior of a run: Ignore mode, no prior, and
// no test.
func Temporary(run *config.Config) *config.Config {
	c := *run
	c.Loss.Mode, c.Prior.Path = config.ModeIgnore, ""
	c.Loss.Scores, c.Loss.ScoresAs = "", config.ScoresLikelihood
	c.Data.Test = config.Default().Data.Test
	if c.LossConfig().Conflict() != nil { // a loss without that mode
		c.Loss.Name = loss.Partial
	}
	return &c
}

// fromTraining trains the temporary model in Ignore mode and fills r with the prior that it gives.
func (o *Options) fromTraining(ctx context.Context, r *Result) (*labels.Set, error) {
	if err := o.holdOut(ctx); err != nil {
		return nil, err
	}
	c := Temporary(o.Config)
	t, err := train.Run(ctx, train.Options{
		Config: c, Backend: o.Backend, Display: o.Display, FS: o.FS, Garbage: o.Garbage, Resume: o.Resume, Version: o.Version, Group: o.Group, Program: o.Program,
	})
	if err != nil {
		return nil, err
	}
	r.Weights = fmt.Sprintf("the %s weights of step %d in %s", t.Source, t.BestStep, t.Dir)
	path := filepath.Join(t.Dir, rundir.Prior)
	if c.Prior.Method == config.PriorTraining {
		return o.fromBatches(ctx, path, t.Skipped, r)
	}
	set, err := o.fromModel(ctx, modelfile.Options{Path: filepath.Join(t.Dir, rundir.Best)}, r)
	if err != nil {
		return nil, err
	}
	return set, o.save(r.Prior, path)
}

// save writes a prior, on the rank that writes.
func (o *Options) save(p *prior.Prior, path string) error {
	if o.Group.Rank() > 0 {
		return nil
	}
	return p.Save(o.FS, path)
}

// fromModel fills r with the prior that a model gives and returns the labels of the images.
func (o *Options) fromModel(ctx context.Context, from modelfile.Options, r *Result) (set *labels.Set, err error) {
	m, err := modelfile.Open(ctx, from)
	if err != nil {
		return nil, err
	}
	for _, w := range m.Warnings {
		o.Display.Log().Warn(w)
	}
	if err := predict.Agree(o.Group, m.Weights); err != nil {
		return nil, err
	}
	data, l := o.Data, m.Loading(o.Data.Decode)
	data.Display, data.Decode = o.Display, l.Decode
	c, err := m.OpenSplit(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	p, err := o.newPass(m.Weights, l, c.Set.Len())
	if err != nil {
		return nil, err
	}
	if o.Config.Prior.Method == config.PriorShift {
		return o.byShift(ctx, m, p, c, r)
	}
	return c.Set, o.byMean(ctx, p, c, r)
}

// byMean is the mean score of the images.
func (o *Options) byMean(ctx context.Context, p *pass, c *dataset.Split, r *Result) error {
	mean := prior.NewMean(c.Set.NumClasses())
	skipped, err := p.run(ctx, "estimating the prior", c, func(logits []float32, _ []int8) error { return mean.Add(logits) })
	if err != nil {
		return err
	}
	r.Skipped = skipped
	r.Prior, err = mean.Prior(c.Names())
	return err
}

// fromBatches takes the running mean that the training wrote: the reference's way.
func (o *Options) fromBatches(ctx context.Context, path string, skipped int, r *Result) (*labels.Set, error) {
	c, err := dataset.Open(ctx, o.Data)
	if err != nil {
		return nil, err
	}
	r.Weights, r.Skipped = "the outputs for all training batches", skipped
	r.Prior, _, err = prior.Load(ctx, path, c.Names(), "")
	return c.Set, errors.Join(err, c.Close())
}
