package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/model"
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
	configKey   = "config" // metadata: the resolved configuration
)

// state is what state.json holds: everything that changes during a run but tensors.
type state struct {
	Place   place        `json:"place"`
	Meter   meter        `json:"meter"`
	Best    best         `json:"best"`
	Metrics int64        `json:"metrics_bytes"` // length of metrics.jsonl
	Timings int64        `json:"timing_bytes"`  // length of timing.jsonl
	Running *prior.Saved `json:"running_prior,omitempty"`
	Stopped string       `json:"stopped,omitempty"`
}

// save stores the run as it is now.
func (t *trainer) save() error {
	if err := t.logs.sync(); err != nil {
		return err
	}
	s := state{
		Place: t.place, Meter: t.meter, Best: t.best, Stopped: t.stopped,
		Metrics: t.logs.metrics.Length(), Timings: t.logs.timings.Length(),
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
	average := t.learner.averaged()
	if average != nil {
		parts = append(parts, tensorsPart(averageFile, checkpoint.Tensors(average)))
	}
	config, err := t.configText()
	if err != nil {
		return err
	}
	meta := map[string]string{configKey: config}
	if err := safefile.SaveGeneration(t.o.FS, t.dir, int64(t.place.Step), meta, parts...); err != nil {
		return err
	}
	t.saved = fmt.Sprintf("step %d in %s", t.place.Step, t.dir)
	return nil
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

// configText is the resolved configuration without what may differ between the parts of a run: its
// folder and the number of loading goroutines.
func (t *trainer) configText() (string, error) {
	c := *t.cfg
	c.Train.Out, c.Data.Workers = "", 0
	var b bytes.Buffer
	if err := c.Write(&b, "", false); err != nil {
		return "", err
	}
	return b.String(), nil
}

// restore continues from the state saved in the run's folder. It is called before the logs are
// opened, and returns their lengths.
func (t *trainer) restore(ctx context.Context) (metrics, timings int64, err error) {
	g, err := safefile.LoadLast(t.dir)
	if errors.Is(err, safefile.ErrNoGeneration) {
		return 0, 0, fmt.Errorf("resume %q: nothing was saved there; start without --resume", t.dir)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("resume %q: %w", t.dir, err)
	}
	if err := t.sameConfig(g.Meta[configKey]); err != nil {
		return 0, 0, fmt.Errorf("resume %q: %w", t.dir, err)
	}
	var s state
	text, err := os.ReadFile(g.Path(stateFile))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("resume %q: %w", t.dir, err)
	}
	t.place, t.meter, t.best, t.stopped = s.Place, s.Meter, s.Best, s.Stopped
	if t.running != nil && s.Running != nil {
		if err := t.running.Restore(*s.Running); err != nil {
			return 0, 0, fmt.Errorf("resume %q: %w", t.dir, err)
		}
	}
	t.saved = fmt.Sprintf("step %d in %s", g.Step, t.dir)
	return s.Metrics, s.Timings, t.restoreTensors(ctx, g)
}

// sameConfig refuses to continue a run under another configuration, naming the first setting that
// differs.
func (t *trainer) sameConfig(saved string) error {
	now, err := t.configText()
	if err != nil || now == saved {
		return err
	}
	was, is := strings.Split(saved, "\n"), strings.Split(now, "\n")
	group := ""
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return fmt.Errorf("the settings are not those of the run: %s%s there, %s here", group, strings.TrimSpace(was[i]), strings.TrimSpace(is[i]))
		}
		if !strings.HasPrefix(was[i], " ") {
			group = strings.TrimSuffix(was[i], ":") + "."
		}
	}
	return errors.New("the settings are not those of the run")
}

func (t *trainer) restoreTensors(ctx context.Context, g *safefile.Generation) error {
	if err := readWeights(ctx, g.Path(weightsFile), t.learner.weights); err != nil {
		return err
	}
	t.learner.opt.SetSteps(t.place.Step)
	f, err := checkpoint.Open(g.Path(momentsFile))
	if err != nil {
		return err
	}
	for _, s := range t.learner.opt.State() {
		if s.Kind == optim.SlotEMA {
			continue
		}
		tensor, ok := f.Tensor(slotName(s))
		if !ok {
			return errors.Join(fmt.Errorf("%q has no %q", f.Path, slotName(s)), f.Close())
		}
		if err := tensor.ReadFloat32s(s.Data); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := f.Close(); err != nil || t.learner.average == nil {
		return err
	}
	if err := readWeights(ctx, g.Path(averageFile), t.learner.average); err != nil {
		return err
	}
	for i, p := range t.learner.average.Params() {
		copy(t.learner.opt.Average(i), p.Data)
	}
	return nil
}

// readWeights fills w from a file of csl.
func readWeights(ctx context.Context, path string, w *model.Weights) error {
	f, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	sd, err := checkpoint.Interpret(f)
	if err == nil {
		_, err = sd.Load(ctx, w, true)
	}
	return errors.Join(err, f.Close())
}

// writeConfig writes the resolved configuration into the run's folder.
func (t *trainer) writeConfig() error {
	header := "csl " + t.o.Version + ": the resolved configuration of this run; csl train --config with it gives the same result"
	return safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Config), func(w io.Writer) error {
		return t.cfg.Write(w, header, false)
	})
}
