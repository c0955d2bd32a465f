package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"csl/internal/config"
	"csl/internal/prior"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// Files of a saved state.
const (
	stateFile   = "state.json"
	weightsFile = "weights.safetensors"
	averageFile = "average.safetensors"
	momentsFile = "moments.safetensors"
	configKey   = "config"        // metadata: the resolved configuration
	sumKey      = "config_sha256" // and its sum
)

// saved is what state.json holds: the state, and what the run was made with, for comparison.
type saved struct {
	state
	lengths
	Running *prior.Saved `json:"running_prior,omitempty"`
	Skips   []string     `json:"skipped,omitempty"`
	Data    dataSize     `json:"data"`
}

// save stores the run as it is now, if it can go on from here: numbers that are not finite never
// replace a good state.
func (t *trainer) save() error { return t.saveNow(false) }

// saveNow is save; quick leaves out what takes as long as a step. All ranks save at the same point; one writes.
func (t *trainer) saveNow(quick bool) error {
	if err := t.stepper.check(quick); err != nil {
		return t.ranks.shared(err)
	}
	if err := t.skips.gather(t.ranks, t.o.Display.Log()); err != nil {
		return err
	}
	if err := t.stepper.turned.gather(t.ranks); err != nil {
		return err
	}
	var err error
	if t.ranks.first() {
		err = t.writeState()
	}
	if err := t.ranks.agree(err); err != nil {
		return err
	}
	t.noteSaved()
	return nil
}

// writeState writes the run as it is now to its folder.
func (t *trainer) writeState() error {
	if err := t.mend(); err != nil {
		return err
	}
	if err := errors.Join(t.skips.write(t.folder), t.logs.sync()); err != nil {
		return err
	}
	s := saved{
		state: t.state, lengths: t.logs.lengths(), Skips: t.skips.list(), Data: t.data.size,
	}
	if t.running != nil {
		mean := t.running.Save()
		s.Running = &mean
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("save state: %w", err)
	}
	files := append([]safefile.Part{
		{Name: stateFile, Write: func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }},
	}, t.stepper.files()...)
	f := t.folder
	meta := map[string]string{configKey: f.settings, sumKey: sumOf(f.settings)}
	return safefile.SaveGeneration(f.fs, f.dir, int64(t.Cursor.Step), meta, files...)
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// noteSaved remembers that the run as it is now is saved.
func (t *trainer) noteSaved() {
	t.savedAt = t.Cursor
	if t.Cursor.Step > 0 {
		t.saved = fmt.Sprintf("step %d in %s", t.Cursor.Step, t.folder.dir)
	}
}

// Essential is a copy of the settings without what may differ between the parts of a run, because it changes
// no result: its folder, where images are cached, the number of loading goroutines, how often it is saved,
// and how strictly the weights were read that it began with.
func Essential(cfg *config.Config) *config.Config {
	c := *cfg
	c.Train.Out, c.Train.SaveEvery, c.Data.Workers, c.Data.Cache, c.Model.Strict = "", 0, 0, "", false
	c.Data.MaxErrors = 1
	return &c
}

// configText is what is essential of the resolved configuration.
func configText(cfg *config.Config) (string, error) {
	var b bytes.Buffer
	if err := Essential(cfg).Write(&b, "", false); err != nil {
		return "", err
	}
	return b.String(), nil
}

// writeSettings writes the resolved configuration, and the labels where they are simulated, into the
// run's folder.
func (t *trainer) writeSettings() error {
	header := t.o.Version + ": the resolved configuration of this run; csl train --config with it gives the same result"
	err := safefile.Write(t.o.FS, t.folder.path(rundir.Config), func(w io.Writer) error {
		return t.cfg.Write(w, header, false)
	})
	if err != nil || t.cfg.Simulate.Type == config.SimulateNone {
		return err
	}
	return safefile.Write(t.o.FS, t.folder.path(rundir.Labels), t.data.train.Set.WriteCSV)
}
