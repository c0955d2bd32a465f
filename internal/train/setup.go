package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/corpus"
	"csl/internal/loss"
	"csl/internal/model"
	"csl/internal/optim"
	"csl/internal/pictures"
	"csl/internal/prior"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// newTrainer opens everything a run needs, so that what can go wrong goes wrong before the first
// step.
func newTrainer(ctx context.Context, o Options) (t *trainer, err error) {
	t = &trainer{o: o, cfg: o.Config, dir: o.Config.Train.Out}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	for _, step := range []func(context.Context) error{t.claim, t.openData, t.build, t.start} {
		if err := step(ctx); err != nil {
			return t, err
		}
	}
	return t, nil
}

// claim makes the run's folder and locks it. A folder with a saved run in it is not written over.
func (t *trainer) claim(context.Context) error {
	if err := t.o.FS.MkdirAll(t.dir); err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	var err error
	if t.lock, err = safefile.LockDir(t.dir); err != nil {
		return err
	}
	_, err = safefile.ReadLast(t.dir)
	switch {
	case t.o.Resume || errors.Is(err, safefile.ErrNoGeneration):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%q holds a saved run: go on with --resume %s, or choose another --out", t.dir, t.dir)
}

// openData opens the training and the validation split and hides labels where that is asked for.
func (t *trainer) openData(ctx context.Context) error {
	if err := t.cfg.Require("data.train.root"); err != nil {
		return err
	}
	opts := corpus.FromConfig(t.cfg.Data, corpus.Train)
	opts.Display = t.o.Display
	var err error
	if t.data, err = corpus.Open(ctx, opts); err != nil {
		return err
	}
	return errors.Join(t.simulate(), t.openVal(ctx))
}

// simulate hides training labels as the configuration says and stores those that are left.
func (t *trainer) simulate() error {
	s := t.cfg.Simulate
	if s.Type == config.SimulateNone {
		return nil
	}
	set, err := simulated(t.data, s)
	if err != nil {
		return err
	}
	t.data.Set = set
	return safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Labels), set.WriteCSV)
}

// openVal opens the validation split, if there is one.
func (t *trainer) openVal(ctx context.Context) error {
	opts := corpus.FromConfig(t.cfg.Data, corpus.Val)
	if opts.Annotations == "" && !hasLayout(opts.Root) {
		t.o.Display.Log().Warn("no validation data: nothing will be scored (data.val.annotations names the labels)")
		return nil
	}
	opts.Classes = t.data.Names()
	opts.Display = t.o.Display
	var err error
	t.val, err = corpus.Open(ctx, opts)
	return err
}

// build makes the loader, the weights, the loss and the optimizer.
func (t *trainer) build(ctx context.Context) error {
	c := t.cfg
	classes := t.data.Set.NumClasses()
	if n := c.Model.NumClasses; n != 0 && n != classes {
		return fmt.Errorf("model.num_classes is %d, but the labels have %d classes", n, classes)
	}
	var err error
	if t.loader, err = t.trainLoader(); err != nil {
		return err
	}
	w, err := initialWeights(ctx, c, classes, t.o.Display.Log())
	if err != nil {
		return err
	}
	prior, err := t.loadPrior()
	if err != nil {
		return err
	}
	lf, err := loss.Build(lossConfig(c), prior)
	if err != nil {
		return err
	}
	steps := (t.loader.Batches() + c.Train.Accumulate - 1) / c.Train.Accumulate * c.Schedule.Epochs
	cycle, err := optim.NewOneCycle(c.Optimizer.LR, steps, c.Schedule.PctStart)
	if err != nil {
		return err
	}
	t.learner, err = newLearner(t.o.Backend, w, lf, optimizerConfig(c), cycle, c.Data.Size, c.Train.Accumulate)
	if err != nil {
		return err
	}
	t.learner.prior = prior
	return t.tryBatches()
}

// tryBatches builds the nets of the batch sizes to come: what is impossible is said before training.
func (t *trainer) tryBatches() error {
	n, batch := t.loader.Len(), t.cfg.Train.Batch
	for _, size := range []int{min(n, batch), n % batch} {
		if size == 0 {
			continue
		}
		if _, err := t.learner.nets.Train(size, t.cfg.Data.Size, t.cfg.Data.Size); err != nil {
			return err
		}
	}
	return nil
}

func (t *trainer) trainLoader() (*pictures.Loader, error) {
	c := t.cfg
	l := corpus.LoadingFromConfig(c)
	l.Shuffle, l.Seed = true, c.Train.Seed
	l.Augment = pictures.Augment{
		Flip: c.Augment.Flip, Cutout: c.Augment.Cutout,
		Ops: c.Augment.RandAugment.Ops, Magnitude: c.Augment.RandAugment.Magnitude,
	}
	l.OnSkip = func(b pictures.Bad) { t.o.Display.Log().Warn("left out: " + b.String()) }
	return t.data.Loader(l, nil)
}

// loadPrior reads the class prior that selective mode asks; nil without one.
func (t *trainer) loadPrior() ([]float32, error) {
	c := t.cfg
	if c.Prior.Source == config.PriorTraining {
		t.running = prior.NewMean(t.data.Set.NumClasses())
	}
	if c.Prior.Path == "" {
		return nil, nil
	}
	p, warnings, err := prior.Load(c.Prior.Path, t.data.Names())
	if err != nil {
		return nil, err
	}
	log := t.o.Display.Log()
	for _, w := range warnings {
		log.Warn(w)
	}
	if c.Loss.Mode == config.ModeSelective {
		if c.Prior.Threshold == 0 {
			log.Info("prior threshold 0: the class prior drops nothing")
		} else {
			log.Info("class prior", "file", c.Prior.Path, "threshold", c.Prior.Threshold, "classes_above", len(p.Above(float32(c.Prior.Threshold))))
		}
	}
	return p.Avg, nil
}

// start restores or begins the run's state, opens its logs and sets the hooks.
func (t *trainer) start(ctx context.Context) error {
	metrics, timings := int64(0), int64(0)
	if t.o.Resume {
		var err error
		if metrics, timings, err = t.restore(ctx); err != nil {
			return err
		}
	} else if err := t.writeConfig(); err != nil {
		return err
	}
	err := t.writeSkipped()
	if err != nil {
		return err
	}
	if t.logs, err = openLogs(t.o.FS, t.dir, metrics, timings); err != nil {
		return err
	}
	t.hooks = []hook{newShowing(t), &logging{}}
	if t.val != nil {
		v, err := newValidating(t)
		if err != nil {
			return err
		}
		t.hooks = append(t.hooks, v)
	}
	t.hooks = append(t.hooks, stopping{}, saving{})
	return nil
}

// initialWeights are random, or those of a checkpoint with a new head where its classes differ.
func initialWeights(ctx context.Context, c *config.Config, classes int, log logger) (*model.Weights, error) {
	spec, err := Spec(c.Model, classes)
	if err != nil {
		return nil, err
	}
	w, err := model.NewWeights(spec)
	if err != nil {
		return nil, err
	}
	w.Init(c.Train.Seed)
	if c.Model.Path == "" {
		return w, nil
	}
	f, err := checkpoint.Open(c.Model.Path)
	if err != nil {
		return nil, err
	}
	sd, err := checkpoint.Interpret(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	diff, err := sd.Load(ctx, w, false)
	if err == nil && !diff.Empty() {
		log.Warn("initial weights from " + c.Model.Path + ": " + diff.String() + "; the head starts at random")
	}
	return w, errors.Join(err, f.Close())
}
