package train

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/loss"
	"csl/internal/prior"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// trainer is one run in progress. What changes while it runs and cannot be rebuilt from the
// configuration is in place, meter, epochMeter, best, running, skips, stopped and learner: exactly
// that is saved.
type trainer struct {
	o        Options
	cfg      *config.Config
	dir      string
	lock     *safefile.DirLock
	data     *dataset.Split // training images
	val      *dataset.Split // validation images; nil without
	loader   *loader.Loader
	learner  *learner
	logs     *logs
	hooks    []hook
	settings string               // configText
	size     dataSize             // of the data
	task     *progress.Task       // the run's progress
	from     *safefile.Generation // the state to go on from; nil for a new run

	place      place
	meter      meter // since the last record
	epochMeter meter // of the epoch so far
	best       best
	running    *prior.Mean // of all training batches, where prior.source asks for it; else nil
	skips      skips
	stopped    string // why the run ends early

	saved   string // the last saved state, for messages; "" if there is none worth going on from
	savedAt place  // where it was
}

// place is where in the run the next batch comes from.
type place struct {
	Epoch int `json:"epoch"` // epochs completed
	Batch int `json:"batch"` // batches of the next epoch already used
	Step  int `json:"step"`  // optimizer steps done
}

// epochs is how many epochs the run has: the schedule may be longer.
func (t *trainer) epochs() int {
	if n := t.cfg.Schedule.StopEpoch; n > 0 {
		return min(n, t.cfg.Schedule.Epochs)
	}
	return t.cfg.Schedule.Epochs
}

// count notes a batch that was learnt from.
func (t *trainer) count(b *loader.Batch, p loss.Terms) error {
	t.place.Batch = b.Number + 1
	t.meter.add(b.N, p)
	t.epochMeter.add(b.N, p)
	if t.running == nil {
		return nil
	}
	return t.running.Add(t.learner.logits)
}

// saveDue says whether the configuration asks for a save now: every so many steps, or at each
// epoch's end, and in any case at the run's end.
func (t *trainer) saveDue(epochEnd bool) bool {
	every := t.cfg.Train.SaveEvery
	if epochEnd && (every == 0 || t.place.Epoch == t.epochs() || t.stopped != "") {
		return true
	}
	return !epochEnd && every > 0 && t.place.Step%every == 0
}

// ended turns the error that ended the loop into what the user is told, saving first where the
// run was interrupted.
func (t *trainer) ended(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return t.explain(err)
	}
	if t.place != t.savedAt {
		if err := t.save(); err != nil {
			return fmt.Errorf("interrupted, and the run could not be saved: %w", t.explain(err))
		}
	}
	return &Interrupted{Dir: t.dir, Step: t.place.Step, err: ctx.Err()}
}

// explain adds to numbers that are not finite where and when they came up.
func (t *trainer) explain(err error) error {
	var bad errNonFinite
	if !errors.As(err, &bad) {
		return err
	}
	return &NonFinite{Step: t.place.Step + 1, What: bad.what, Where: bad.fault.String(), Saved: t.saved}
}

func (t *trainer) close() error {
	t.task.Done()
	var errs []error
	if t.logs != nil {
		errs = append(errs, t.logs.close())
	}
	if t.data != nil {
		errs = append(errs, t.data.Close())
	}
	if t.val != nil {
		errs = append(errs, t.val.Close())
	}
	if t.lock != nil {
		errs = append(errs, t.lock.Unlock())
	}
	return errors.Join(errs...)
}
