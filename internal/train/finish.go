package train

import (
	"fmt"
	"io"
	"path/filepath"

	"csl/internal/checkpoint"
	"csl/internal/model"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// minAverageSteps is how many of its own time constants an average needs before it is worth more
// than its random start: steps * (1-decay).
const minAverageSteps = 5

// finish ends a run that came to its end. Without validation, or with one that was never defined, the final weights are
// the best there are.
func (t *trainer) finish() error {
	if err := t.writeSkipped(); err != nil {
		return err
	}
	if err := t.writePrior(); err != nil || t.best.Value != nil {
		return err
	}
	w, source := t.learner.weights, sourceRegular
	average := t.learner.average
	if average != nil && float64(t.place.Step)*(1-t.cfg.EMA.Decay) >= minAverageSteps {
		w, source = average, sourceEMA
	}
	t.best.Source, t.best.Step = source, t.place.Step
	why := "no validation data"
	if t.val != nil {
		why = fmt.Sprintf("the validation's %s was never defined", t.cfg.Train.Monitor)
	}
	t.o.Display.Log().Info(why+": the final weights are kept", "weights", source)
	return t.saveBest(w, source, rundir.Scores{})
}

// writePrior writes the running mean over all training batches, where that is asked for.
func (t *trainer) writePrior() error {
	if t.running == nil {
		return nil
	}
	p, err := t.running.Prior(t.data.Names())
	if err != nil {
		return err
	}
	return p.Save(t.o.FS, filepath.Join(t.dir, rundir.Prior))
}

// saveBest writes the run's best checkpoint.
func (t *trainer) saveBest(w *model.Weights, source string, s rundir.Scores) error {
	d := t.cfg.Data
	m := checkpoint.Meta{
		Version: t.o.Version, Spec: w.Spec(), Config: t.settings, Weights: source, Prior: t.learner.prior,
		Input: &checkpoint.Input{
			Height: d.Size, Width: d.Size, Interpolation: d.Interpolation, EXIFOrientation: d.EXIFOrientation,
			Mean: d.Mean, Std: d.Std,
		},
		Metrics: map[string]float64{},
	}
	for _, c := range t.data.Set.Classes {
		m.Classes = append(m.Classes, checkpoint.Class{ID: c.ID, Name: c.Name})
	}
	for name, v := range map[string]*float64{
		"map_partial": s.MAPPartial, "map_o": s.MAPO, "map": s.MAP, "cf1": s.CF1, "of1": s.OF1,
	} {
		if v != nil {
			m.Metrics[name] = *v
		}
	}
	meta, err := m.Encode()
	if err != nil {
		return err
	}
	return safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Best), func(out io.Writer) error {
		return checkpoint.WriteSafetensors(out, checkpoint.Tensors(w), meta)
	})
}
