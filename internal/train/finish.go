package train

import (
	"fmt"

	"csl/internal/rundir"
)

// minAverageSteps is how many time constants of the average have to pass before it is worth more than its
// random start: steps * (1-decay).
const minAverageSteps = 5

// finish ends a run that came to its end. Without validation, or with one that was never defined, the
// final weights are the best there are.
func (t *trainer) finish() error {
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
		t.Best.Value = nil
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
