package train

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/config"
	"csl/internal/images/loader"
	"csl/internal/prior"
	"csl/internal/validate"
)

// trainer is one run in progress: what is saved of it, and the parts that do the work.
type trainer struct {
	state
	o         Options
	cfg       *config.Config
	ranks     *ranks
	stops     *stops
	folder    *folder
	data      *inputs
	loader    *loader.Loader // of training images
	valLoader *loader.Loader // nil without validation data
	stepper   *stepper
	running   *prior.Mean // of all training batches, where prior.method asks for it; else nil
	skips     *skips
	keeper    *keeper
	tested    *validate.Tested // what the test split gave; nil without one, and before the end
	logs      *logs
	hooks     []hook
	shown     *showing

	bestGone bool // the best checkpoint was removed, which was said

	saved   string // the last saved state, for messages; "" if there is none worth going on from
	savedAt cursor // where it was
}

// saveDue says whether the configuration asks for a save at the end of an epoch: at each one's, and in any case at
// the run's. The hook saving does it every few steps.
func (t *trainer) saveDue() bool {
	return t.cfg.Train.SaveEvery == 0 || t.Cursor.Epoch == t.cfg.Schedule.Trained() || t.Stopped != ""
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
	if t.Cursor != t.savedAt {
		if err := t.saveNow(t.stepper.slow); err != nil {
			return fmt.Errorf("interrupted, and the run could not be saved: %w", t.explain(err))
		}
	}
	return t.ranks.shared(&Interrupted{Dir: t.folder.dir, Step: t.Cursor.Step, err: ctx.Err()})
}

// explain adds to numbers that are not finite where and when they came up.
func (t *trainer) explain(err error) error {
	var bad errNonFinite
	if !errors.As(err, &bad) {
		return err
	}
	explained := &NonFinite{Step: t.Cursor.Step + 1, What: bad.what, Where: bad.fault.String(), Saved: t.saved}
	if errors.As(err, new(common)) {
		return common{explained}
	}
	return explained
}

func (t *trainer) close() error {
	if t.shown != nil {
		t.shown.task.Done()
	}
	var errs []error
	if t.logs != nil {
		errs = append(errs, t.logs.close())
	}
	if t.data != nil {
		errs = append(errs, t.data.close())
	}
	return errors.Join(append(errs, t.folder.close())...)
}
