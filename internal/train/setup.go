package train

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/loss"
	"csl/internal/prior"
)

// newTrainer opens everything a run needs, so that what can go wrong goes wrong before the first
// step.
func newTrainer(ctx context.Context, o Options) (t *trainer, err error) {
	t = &trainer{o: o, cfg: o.Config, skips: &skips{lines: map[string]bool{}}, ranks: newRanks(o.Group)}
	t.stops = &stops{group: t.ranks.group, asked: ctx, stop: func(error) {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	for _, prepare := range []func(context.Context) error{t.open, t.openCaches, t.loadHere, t.build, t.measure} {
		if err := t.ranks.patient(func() error { return prepare(ctx) }); err != nil {
			return t, err
		}
	}
	if err := t.compare(); err != nil {
		return t, err
	}
	if err := t.ranks.agree(t.start(ctx)); err != nil {
		return t, err
	}
	return t, t.ended(ctx, t.ranks.agree(t.pace(ctx)))
}

// open claims the folder and opens labels and images.
func (t *trainer) open(ctx context.Context) (err error) {
	if t.folder, err = newFolder(t.o); err != nil {
		return err
	}
	if t.ranks.first() {
		if err := t.folder.claim(); err != nil {
			return err
		}
	}
	if t.data, err = openInputs(ctx, t.o); err != nil {
		return err
	}
	classes := t.data.train.Set.NumClasses()
	if n := t.cfg.Model.NumClasses; n != 0 && n != classes {
		return fmt.Errorf("model.num_classes is %d, but the labels have %s", n, count.Of(classes, "class"))
	}
	return t.writable()
}

// build makes the weights, the loss and the optimizer.
func (t *trainer) build(ctx context.Context) error {
	c := t.cfg
	cycle, err := c.OneCycle(t.loader.Batches())
	if err != nil {
		return err
	}
	classes := t.data.train.Set.NumClasses()
	spec, err := c.Model.Spec(classes)
	if err != nil {
		return err
	}
	if err := t.fits(spec); err != nil {
		return err
	}
	w, err := initialWeights(ctx, c, t.data.train.Names(), t.o.Display.Log())
	if err != nil {
		return err
	}
	prior, gate, err := t.loadPrior(ctx)
	if err != nil {
		return err
	}
	lc := t.lossConfig(prior)
	t.data.outside.selects(&lc, gate, c.Train.Batch)
	bound, err := loss.Bind(lc, gate)
	if err != nil {
		return err
	}
	t.stepper, err = newStepper(t.o.Backend, w, bound, c.OptimizerConfig(), cycle, c.Data.Size, c.Train.Accumulate, t.ranks)
	if err != nil {
		return err
	}
	if c.Model.SyncBN && !t.ranks.alone() {
		t.stepper.shareNorms()
	}
	t.stepper.outside = t.data.outside
	if loss.TurnsForGood(c.Loss.Name) {
		t.stepper.turned = &turned{classes: classes, images: t.data.train.Set.Len()}
	}
	t.stepper.prior = prior
	if t.keeper, err = newKeeper(t); err != nil {
		return err
	}
	return t.stepper.tryBatches(t.loader, t.validationBytes())
}

// writable refuses classes that the files at the run's end could not name.
func (t *trainer) writable() error {
	if t.cfg.Prior.Method != config.PriorTraining {
		return nil
	}
	names := t.data.train.Names()
	p := prior.Prior{Classes: names, Avg: make([]float32, len(names))}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("prior.method is %s, but the prior could not be written: %w", config.PriorTraining, err)
	}
	return nil
}

// lossConfig is the loss of the settings; what it expects of an image it takes from the data where they
// do not say: from the prior, if there is one, else from the annotated positives.
func (t *trainer) lossConfig(prior []float32) loss.Config {
	l := t.cfg.LossConfig()
	if l.Name != loss.EPR || l.Expected > 0 {
		return l
	}
	for _, v := range prior {
		l.Expected += float64(v)
	}
	if prior == nil {
		set := t.data.train.Set
		l.Expected = float64(set.Stats().Total.Positives) / float64(max(1, set.Len()))
	}
	t.o.Display.Log().Info("expected labels per image", "loss", l.Name, "labels", float32(l.Expected))
	return l
}

// loadPrior reads the class prior that selective mode asks, and makes the gate of it: 1 for the
// classes that it closes. Both are nil without one.
func (t *trainer) loadPrior(ctx context.Context) (values, gate []float32, err error) {
	c := t.cfg
	if c.Prior.Method == config.PriorTraining {
		t.running = prior.NewMean(t.data.train.Set.NumClasses())
	}
	if c.Prior.Path == "" {
		return nil, nil, nil
	}
	p, warnings, err := prior.Load(ctx, c.Prior.Path, t.data.train.Names(), c.Data.Encoding)
	if err != nil {
		return nil, nil, err
	}
	log := t.o.Display.Log()
	for _, w := range warnings {
		log.Warn(w)
	}
	s := c.PriorSelection()
	s.Known = knownOf(t.data.train.Set)
	if gate, err = p.Gate(s); err != nil {
		return nil, nil, err
	}
	if c.Loss.Selective() {
		if gate == nil {
			log.Info("prior threshold 0: the class prior drops nothing")
		} else {
			closed, _ := p.Select(s) // Gate has the error
			log.Info("class prior", "file", c.Prior.Path, s.Key(), s.Value(), "classes_above", len(closed))
		}
	}
	return p.Avg, gate, nil
}

// knownOf counts the annotated positives of a set.
func knownOf(set *labels.Set) *prior.Known {
	stats := set.Stats()
	k := &prior.Known{Images: stats.Images}
	for _, c := range stats.Classes {
		k.Positives = append(k.Positives, int(c.Positives))
	}
	return k
}

// start restores or begins the run's state, opens its logs and sets the hooks. A run that begins is
// saved at once: it can then be resumed after whatever happens, and a disk that is too small shows
// before the work.
func (t *trainer) start(ctx context.Context) error {
	for name, s := range map[string]*dataset.Split{dataset.Train: t.data.train, dataset.Val: t.data.val, dataset.Test: t.data.test} {
		if s != nil {
			t.skips.addAll(name, s.Skipped)
		}
	}
	if err := t.ranks.agree(t.begin(ctx)); err != nil {
		return err
	}
	if err := t.spread(); err != nil {
		return err
	}
	if !t.o.Resume {
		if err := t.dropTest(); err != nil {
			return err
		}
		if err := t.save(); err != nil {
			return t.explain(err)
		}
	}
	return t.setHooks()
}

// begin makes the folder, reads the saved state and opens the logs, on the rank that writes.
func (t *trainer) begin(ctx context.Context) error {
	if !t.ranks.first() {
		t.logs = &logs{}
		return nil
	}
	if err := t.folder.ready(); err != nil {
		return err
	}
	n, err := t.restore(ctx)
	if err != nil {
		return err
	}
	if err := t.writeSettings(); err != nil {
		return err
	}
	if t.logs, err = openLogs(t.o.FS, t.folder.dir, n, t.cfg.Train.TensorBoard); err != nil || t.o.Resume {
		return err
	}
	return t.dropTest()
}

func (t *trainer) setHooks() error {
	c, log := t.cfg.Train, t.o.Display.Log()
	t.shown = newShowing(t)
	t.hooks = []hook{t.shown, logging{logs: t.logs, log: log, cycle: t.stepper.cycle, every: c.LogEvery}}
	if t.data.val != nil {
		t.hooks = append(t.hooks, newValidating(t))
	}
	t.hooks = append(t.hooks, stopping{patience: c.Patience, monitor: c.Monitor}, saving{every: c.SaveEvery, save: t.save})
	return nil
}
