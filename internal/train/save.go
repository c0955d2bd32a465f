package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/optim"
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

// state is what state.json holds: everything that changes during a run but tensors, and what the run
// was made with, for comparison.
type state struct {
	Place   place        `json:"place"`
	Meter   meter        `json:"meter"`
	Epoch   meter        `json:"epoch_meter"`
	Best    best         `json:"best"`
	Metrics int64        `json:"metrics_bytes"` // length of metrics.jsonl
	Timings int64        `json:"timing_bytes"`  // length of timing.jsonl
	Running *prior.Saved `json:"running_prior,omitempty"`
	Skips   []string     `json:"skipped,omitempty"`
	Stopped string       `json:"stopped,omitempty"`
	Data    dataSize     `json:"data"`
}

// dataSize tells data sets apart that have the same name.
type dataSize struct {
	Train   int `json:"train"` // images
	Val     int `json:"val"`
	Classes int `json:"classes"`
	// The digests are missing in states of earlier versions of csl.
	TrainDigest *dataset.Digest `json:"train_digest,omitempty"`
	ValDigest   *dataset.Digest `json:"val_digest,omitempty"`
}

// String is for people.
func (d dataSize) String() string {
	return fmt.Sprintf("%d training and %s of %s", d.Train, count.Of(d.Val, "validation image"), count.Of(d.Classes, "class"))
}

// measure computes the size and the digests of the data.
func (t *trainer) measure() {
	train := t.data.Digest()
	t.size = dataSize{Train: t.data.Set.Len(), Classes: t.data.Set.NumClasses(), TrainDigest: &train}
	if t.val != nil {
		val := t.val.Digest()
		t.size.Val, t.size.ValDigest = t.val.Set.Len(), &val
	}
}

// changes names what is not as it was when the earlier state was saved.
func (d dataSize) changes(earlier dataSize) []string {
	if d.Train != earlier.Train || d.Val != earlier.Val || d.Classes != earlier.Classes {
		return []string{fmt.Sprintf("%v there, %v now", earlier, d)}
	}
	var changed []string
	for _, s := range []struct {
		name      string
		now, then *dataset.Digest
	}{{dataset.Train, d.TrainDigest, earlier.TrainDigest}, {dataset.Val, d.ValDigest, earlier.ValDigest}} {
		if s.now == nil || s.then == nil {
			continue
		}
		for _, what := range s.now.Changes(*s.then) {
			changed = append(changed, s.name+": "+what)
		}
	}
	return changed
}

// save stores the run as it is now, if it can go on from here: numbers that are not finite never
// replace a good state.
func (t *trainer) save() error {
	if err := t.learner.check(); err != nil {
		return err
	}
	if err := errors.Join(t.writeSkipped(), t.logs.sync()); err != nil {
		return err
	}
	s := state{
		Place: t.place, Meter: t.meter, Epoch: t.epochMeter, Best: t.best, Stopped: t.stopped,
		Metrics: t.logs.metrics.Length(), Timings: t.logs.timings.Length(), Skips: t.skips.list(), Data: t.size,
	}
	if t.running != nil {
		saved := t.running.Save()
		s.Running = &saved
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("save state: %w", err)
	}
	parts := []safefile.Part{
		{Name: stateFile, Write: func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }},
		tensorsPart(weightsFile, checkpoint.Tensors(t.learner.weights)),
		tensorsPart(momentsFile, t.moments()),
	}
	average := t.learner.average
	if average != nil {
		parts = append(parts, tensorsPart(averageFile, checkpoint.Tensors(average)))
	}
	meta := map[string]string{configKey: t.settings, sumKey: sumOf(t.settings)}
	if err := safefile.SaveGeneration(t.o.FS, t.dir, int64(t.place.Step), meta, parts...); err != nil {
		return err
	}
	t.noteSaved()
	return nil
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// noteSaved remembers that the run as it is now is saved.
func (t *trainer) noteSaved() {
	t.savedAt = t.place
	if t.place.Step > 0 {
		t.saved = fmt.Sprintf("step %d in %s", t.place.Step, t.dir)
	}
}

func tensorsPart(name string, tensors []checkpoint.Out) safefile.Part {
	return safefile.Part{Name: name, Write: func(w io.Writer) error {
		return checkpoint.WriteSafetensors(w, tensors, nil)
	}}
}

// moments lists the optimizer's state for writing.
func (t *trainer) moments() []checkpoint.Out {
	var out []checkpoint.Out
	for _, s := range t.learner.opt.State() {
		if s.Kind != optim.SlotEMA { // the average has a file of its own
			out = append(out, checkpoint.FloatOut(slotName(s), s.Data, len(s.Data)))
		}
	}
	return out
}

func slotName(s optim.Slot) string { return s.Param + "#" + s.Kind }

// configText is the resolved configuration without what may differ between the parts of a run,
// because it changes no result: its folder, where images are cached, the number of loading
// goroutines, how often it is saved, and how strictly the weights were read that it began with.
func configText(cfg *config.Config) (string, error) {
	c := *cfg
	c.Train.Out, c.Train.SaveEvery, c.Data.Workers, c.Data.Cache, c.Model.Strict = "", 0, 0, "", false
	var b bytes.Buffer
	if err := c.Write(&b, "", false); err != nil {
		return "", err
	}
	return b.String(), nil
}

// writeSettings writes the resolved configuration, and the labels where they are simulated, into the
// run's folder.
func (t *trainer) writeSettings() error {
	header := t.o.Version + ": the resolved configuration of this run; csl train --config with it gives the same result"
	err := safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Config), func(w io.Writer) error {
		return t.cfg.Write(w, header, false)
	})
	if err != nil || t.cfg.Simulate.Type == config.SimulateNone {
		return err
	}
	return safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Labels), t.data.Set.WriteCSV)
}
