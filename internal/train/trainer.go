package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"csl/internal/config"
	"csl/internal/corpus"
	"csl/internal/loss"
	"csl/internal/pictures"
	"csl/internal/prior"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// trainer is one run in progress. What changes while it runs and cannot be rebuilt from the
// configuration is in place, meter, best, running, stopped and learner: exactly that is saved.
type trainer struct {
	o       Options
	cfg     *config.Config
	dir     string
	lock    *safefile.DirLock
	data    *corpus.Corpus // training pictures
	val     *corpus.Corpus // validation pictures; nil without
	loader  *pictures.Loader
	learner *learner
	logs    *logs
	hooks   []hook

	place   place
	meter   meter
	best    best
	running *prior.Mean // of all training batches, where prior.source asks for it; else nil
	stopped string      // why the run ends early
	saved   string      // the last saved state, for messages
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

// skipped is how many pictures were left out.
func (t *trainer) skipped() int {
	n := len(t.data.Bad) + len(t.loader.Skipped())
	if t.val != nil {
		n += len(t.val.Bad)
	}
	return n
}

// writeSkipped lists the pictures left out, if there are any, in a file of the run's folder.
func (t *trainer) writeSkipped() error {
	bad := slices.Concat(t.data.Bad, t.loader.Skipped())
	if t.val != nil {
		bad = slices.Concat(bad, t.val.Bad)
	}
	if len(bad) == 0 {
		return nil
	}
	return safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Bad), func(w io.Writer) error {
		for _, b := range bad {
			if _, err := fmt.Fprintln(w, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// count notes a batch that was learnt from.
func (t *trainer) count(b *pictures.Batch, p loss.Parts) error {
	t.place.Batch = b.Number + 1
	t.meter.add(b.N, p)
	if t.running == nil {
		return nil
	}
	return t.running.Add(t.learner.logits)
}

// saveDue says whether the configuration asks for a save now: every so many steps, or at each
// epoch's end.
func (t *trainer) saveDue(epochEnd bool) bool {
	every := t.cfg.Train.SaveEvery
	if every == 0 {
		return epochEnd
	}
	return !epochEnd && t.place.Step%every == 0
}

// ended turns the error that ended the loop into what the user is told, saving first where the
// run was interrupted.
func (t *trainer) ended(ctx context.Context, err error) error {
	var bad errNonFinite
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return &NonFinite{Step: t.place.Step + 1, Where: bad.fault.String(), Saved: t.saved}
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		if serr := t.save(); serr != nil {
			return fmt.Errorf("interrupted, and the run could not be saved: %w", serr)
		}
		return &Interrupted{Dir: t.dir, Step: t.place.Step, err: ctx.Err()}
	}
	return err
}

func (t *trainer) close() error {
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
