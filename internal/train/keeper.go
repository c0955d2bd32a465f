package train

import (
	"io"

	"csl/internal/checkpoint"
	"csl/internal/model"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// keeper writes the run's best checkpoint.
type keeper struct {
	fs   safefile.FS
	path string
	meta checkpoint.Meta // but for weights and metrics
}

// newKeeper fails if the checkpoint could not be written later.
func newKeeper(t *trainer) (*keeper, error) {
	d := t.cfg.Data
	k := &keeper{fs: t.o.FS, path: t.folder.path(rundir.Best), meta: checkpoint.Meta{
		Version: t.o.Version, Spec: t.stepper.weights.Spec(), Config: t.folder.settings, Prior: t.stepper.prior,
		Input: &checkpoint.Input{
			Height: d.Size, Width: d.Size, Interpolation: d.Interpolation, EXIFOrientation: d.EXIFOrientation,
			Mean: d.Mean, Std: d.Std,
		},
	}}
	for _, c := range t.data.train.Set.Classes {
		k.meta.Classes = append(k.meta.Classes, checkpoint.Class{ID: c.ID, Name: c.Name})
	}
	_, err := k.meta.Encode()
	return k, err
}

// keep writes w, which has these scores.
func (k *keeper) keep(w *model.Weights, source string, s rundir.Scores) error {
	m := k.meta
	m.Weights, m.Metrics = source, map[string]float64{}
	for name, v := range s.ByName() {
		if v != nil {
			m.Metrics[name] = *v
		}
	}
	meta, err := m.Encode()
	if err != nil {
		return err
	}
	return safefile.Write(k.fs, k.path, func(out io.Writer) error {
		return checkpoint.WriteSafetensors(out, checkpoint.Tensors(w), meta)
	})
}
