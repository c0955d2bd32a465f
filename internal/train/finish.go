package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/validate"
)

// minAverageSteps is how many time constants of the average have to pass before it is worth more than its
// random start: steps * (1-decay).
const minAverageSteps = 5

// finish ends a run that came to its end. Rank 0 writes and tests.
func (t *trainer) finish(ctx context.Context) error {
	if err := t.skips.gather(t.ranks, t.o.Display.Log()); err != nil {
		return err
	}
	var err error
	if t.ranks.first() {
		err = t.keepBest()
	}
	if err := t.ranks.agree(err); err != nil {
		return err
	}
	if err := broadcastJSON(t.ranks, &t.Best); err != nil {
		return err
	}
	if !t.cfg.Data.HasTest() {
		return nil
	}
	return t.test(ctx)
}

// test scores the best weights on the test split, once: a resumed run finds the result there. Ranks share the images.
func (t *trainer) test(ctx context.Context) (err error) {
	var done bool
	if t.ranks.first() {
		t.tested, err = validate.ReadTest(t.folder.dir)
		done = t.tested != nil && !t.bestGone
	}
	if err := t.ranks.agree(err); err != nil {
		return err
	}
	if err := broadcastJSON(t.ranks, &done); err != nil || done {
		return err
	}
	o := validate.TestOptions{
		Dir: t.folder.dir, Config: t.cfg, Backend: t.o.Backend, Arena: t.stepper.nets.Arena(),
		Display: t.o.Display, FS: t.o.FS, Garbage: t.o.Garbage, Group: t.ranks.group,
	}
	if !t.ranks.alone() {
		var remove func() error
		if o.Weights, remove, err = t.spreadBest(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
		o.Before = func() error {
			if err := t.stops.poll(); err != nil {
				return err
			}
			return t.ranks.shared(ctx.Err())
		}
	}
	t.tested, _, err = validate.Test(ctx, o)
	return err
}

// spreadBest gives all ranks a file with the best weights, which only rank 0 need have in the run's folder, and a function that removes it.
func (t *trainer) spreadBest() (path string, remove func() error, err error) {
	path, remove = t.folder.path(rundir.Best), func() error { return nil }
	var text []byte
	if t.ranks.first() {
		text, err = os.ReadFile(path)
	}
	if err := t.ranks.agree(err); err != nil {
		return "", remove, err
	}
	if text, err = broadcastBytes(t.ranks, text); err != nil || t.ranks.first() {
		return path, remove, err
	}
	dir, err := os.MkdirTemp("", "csl-best-")
	if err != nil {
		return "", remove, err
	}
	remove = func() error { return os.RemoveAll(dir) }
	path = filepath.Join(dir, rundir.Best)
	if err := safefile.WriteBytes(t.o.FS, path, text); err != nil {
		return "", remove, errors.Join(err, remove())
	}
	return path, remove, nil
}

// dropTest removes the test's result of an earlier run from the folder of one that begins.
func (t *trainer) dropTest() error {
	path := t.folder.path(rundir.Test)
	if !exists(path) {
		return nil
	}
	if err := t.o.FS.Remove(path); err != nil {
		return fmt.Errorf("remove the test of an earlier run: %w", err)
	}
	return nil
}

// keepBest writes what lasts of a run. Without validation, or with one that was never defined, the
// final weights are the best there are.
func (t *trainer) keepBest() error {
	if err := t.skips.write(t.folder); err != nil {
		return err
	}
	if err := t.writePrior(); err != nil {
		return err
	}
	why := "no validation data"
	switch {
	case t.Best.Value != nil && exists(t.folder.path(rundir.Best)):
		return nil
	case t.Best.Value != nil:
		why = fmt.Sprintf("%q was removed while the run went on", t.folder.path(rundir.Best))
		t.Best.Value, t.bestGone = nil, true
	case t.data.val != nil:
		why = fmt.Sprintf("the validation's %s was never defined", t.cfg.Train.Monitor)
	}
	w, source := t.stepper.weights, rundir.Regular
	average := t.stepper.average
	if average != nil && float64(t.Cursor.Step)*(1-t.cfg.EMA.Decay) >= minAverageSteps {
		w, source = average, rundir.EMA
	}
	t.Best.Source, t.Best.Step = source, t.Cursor.Step
	t.o.Display.Log().Info(why+": the final weights are kept", "weights", source)
	return t.keeper.keep(w, source, rundir.Scores{})
}

// writePrior writes the running mean over all training batches, where that is asked for.
func (t *trainer) writePrior() error {
	if t.running == nil {
		return nil
	}
	p, err := t.running.Prior(t.data.train.Names())
	if err != nil {
		return err
	}
	return p.Save(t.o.FS, t.folder.path(rundir.Prior))
}
