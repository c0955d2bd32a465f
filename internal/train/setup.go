package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/images/transform"
	"csl/internal/loss/lossgraph"
	"csl/internal/optim"
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
	if t.settings, err = configText(o.Config); err != nil {
		return t, err
	}
	for _, step := range []func(context.Context) error{t.claim, t.openData, t.build, t.start} {
		if err := step(ctx); err != nil {
			return t, err
		}
	}
	return t, nil
}

// claim takes the run's folder if it is there. One that is not is made by start, when it is known
// that there is something to put into it.
func (t *trainer) claim(context.Context) error {
	info, err := os.Stat(t.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && t.o.Resume:
		return t.nothingSaved()
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the run's folder: %w", err)
	case !info.IsDir():
		return fmt.Errorf("the run's folder %q is no folder", t.dir)
	}
	return t.take()
}

// take locks the run's folder. A saved run in it is not written over; one that is resumed must have
// been started with the same settings.
func (t *trainer) take() error {
	var err error
	if t.lock, err = safefile.LockDir(t.dir); err != nil {
		return err
	}
	if t.o.Resume {
		return t.findState()
	}
	g, err := safefile.ReadLast(t.dir)
	switch {
	case errors.Is(err, safefile.ErrNoGeneration):
		return nil
	case err != nil:
		return err
	case g.Step == 0 && !exists(filepath.Join(t.dir, rundir.Best)):
		return nil // a run that learnt nothing
	}
	return fmt.Errorf("%q holds a saved run: go on with --resume %s, or choose another --out", t.dir, t.dir)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// openData opens the training and the validation split and hides labels where that is asked for.
func (t *trainer) openData(ctx context.Context) error {
	if err := t.cfg.Require("data.train.root"); err != nil {
		return err
	}
	opts := dataset.FromConfig(t.cfg.Data, dataset.Train)
	opts.Display = t.o.Display
	var err error
	if t.data, err = dataset.Open(ctx, opts); err != nil {
		return err
	}
	if err := t.openVal(ctx); err != nil {
		return err
	}
	if err := t.simulate(); err != nil {
		return err
	}
	t.warn()
	return nil
}

// simulate hides training labels as the configuration says.
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
	return nil
}

// openVal opens the validation split, if there is one.
func (t *trainer) openVal(ctx context.Context) error {
	opts := dataset.FromConfig(t.cfg.Data, dataset.Val)
	if share := t.cfg.Data.HoldOut; share > 0 {
		if opts.Annotations != "" || t.cfg.Data.Val.Root != "" {
			return errors.New("data.val.split and data.val.annotations or data.val.root are given: validation images are either held out or given")
		}
		var err error
		t.val, err = t.data.HoldOut(share, t.cfg.Train.Seed)
		return err
	}
	if opts.Annotations == "" && t.cfg.Data.Val.Root == "" && !hasLayout(opts.Root) {
		t.o.Display.Log().Warn("no validation data: nothing will be scored (--val_annotations names the labels, --val_split 0.1 holds images out)")
		return nil
	}
	opts.Classes = t.data.Names()
	opts.Display = t.o.Display
	var err error
	t.val, err = dataset.Open(ctx, opts)
	return err
}

// build makes the loader, the weights, the loss and the optimizer.
func (t *trainer) build(ctx context.Context) error {
	c := t.cfg
	classes := t.data.Set.NumClasses()
	if n := c.Model.NumClasses; n != 0 && n != classes {
		return fmt.Errorf("model.num_classes is %d, but the labels have %s", n, count.Of(classes, "class"))
	}
	var err error
	if t.loader, err = t.trainLoader(ctx); err != nil {
		return err
	}
	w, err := initialWeights(ctx, c, t.data.Names(), t.o.Display.Log())
	if err != nil {
		return err
	}
	prior, gate, err := t.loadPrior(ctx)
	if err != nil {
		return err
	}
	lf, err := lossgraph.Build(c.LossConfig(), gate)
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

func (t *trainer) trainLoader(ctx context.Context) (*loader.Loader, error) {
	c := t.cfg
	l := dataset.LoadingFromConfig(c, t.o.FS, t.o.Display)
	l.Shuffle, l.Seed = true, c.Train.Seed
	l.Augment = transform.Augment{
		Flip: c.Augment.Flip, Cutout: c.Augment.Cutout,
		Ops: c.Augment.RandAugment.Ops, Magnitude: c.Augment.RandAugment.Magnitude,
	}
	l.OnSkip = t.skip(dataset.Train)
	return t.data.Loader(ctx, l, nil)
}

// loadPrior reads the class prior that selective mode asks, and makes the gate of it: 1 for the
// classes that it closes. Both are nil without one.
func (t *trainer) loadPrior(ctx context.Context) (values, gate []float32, err error) {
	c := t.cfg
	if c.Prior.Source == config.PriorTraining {
		t.running = prior.NewMean(t.data.Set.NumClasses())
	}
	if c.Prior.Path == "" {
		return nil, nil, nil
	}
	p, warnings, err := prior.Load(ctx, c.Prior.Path, t.data.Names(), c.Data.Encoding)
	if err != nil {
		return nil, nil, err
	}
	log := t.o.Display.Log()
	for _, w := range warnings {
		log.Warn(w)
	}
	s := c.PriorSelection()
	if gate, err = p.Gate(s); err != nil {
		return nil, nil, err
	}
	if c.Loss.Mode == config.ModeSelective {
		if gate == nil {
			log.Info("prior threshold 0: the class prior drops nothing")
		} else {
			closed, _ := p.Select(s) // Gate has the error
			log.Info("class prior", "file", c.Prior.Path, s.Key(), s.Value(), "classes_above", len(closed))
		}
	}
	return p.Avg, gate, nil
}

// start restores or begins the run's state, opens its logs and sets the hooks. A run that begins is
// saved at once: it can then be resumed after whatever happens, and a disk that is too small shows
// before the work.
func (t *trainer) start(ctx context.Context) error {
	for _, b := range t.data.Skipped {
		t.skips.add(dataset.Train, b)
	}
	if t.val != nil {
		for _, b := range t.val.Skipped {
			t.skips.add(dataset.Val, b)
		}
	}
	if t.lock == nil {
		if err := t.o.FS.MkdirAll(t.dir); err != nil {
			return fmt.Errorf("make the run's folder: %w", err)
		}
		if err := t.take(); err != nil {
			return err
		}
	}
	t.measure()
	metrics, timings, err := t.restore(ctx)
	if err != nil {
		return err
	}
	if err := t.writeSettings(); err != nil {
		return err
	}
	if t.logs, err = openLogs(t.o.FS, t.dir, metrics, timings); err != nil {
		return err
	}
	if !t.o.Resume {
		if err := t.save(); err != nil {
			return t.explain(err)
		}
	}
	return t.setHooks(ctx)
}

func (t *trainer) setHooks(ctx context.Context) error {
	shown := newShowing(t)
	t.task = shown.task
	t.hooks = []hook{shown, logging{}}
	if t.val != nil {
		v, err := newValidating(ctx, t)
		if err != nil {
			return err
		}
		t.hooks = append(t.hooks, v)
	}
	t.hooks = append(t.hooks, stopping{}, saving{})
	return nil
}
