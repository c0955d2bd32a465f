package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/exactjson"
	"csl/internal/model"
	"csl/internal/optim"
	"csl/internal/safefile"
)

// findState finds the state to go on from and makes sure that it was saved by a run with the same
// settings.
func (t *trainer) findState() error {
	g, err := safefile.LoadLast(t.dir)
	if errors.Is(err, safefile.ErrNoGeneration) {
		return t.nothingSaved()
	}
	if err == nil && g.Meta[sumKey] != sumOf(g.Meta[configKey]) {
		err = fmt.Errorf("%q is damaged: the configuration in it is not what was saved", filepath.Join(t.dir, "last"))
	}
	if err == nil {
		err = sameSettings(g.Meta[configKey], t.settings)
	}
	if err != nil {
		return fmt.Errorf("resume %q: %w", t.dir, err)
	}
	t.from = g
	t.tidy(g.Folder)
	return nil
}

// tidy removes what a killed writer may have left in the run's folder: files under temporary names and
// states that never became, or no longer are, the valid one. What cannot be removed is left to the
// next save.
func (t *trainer) tidy(valid string) {
	entries, err := t.o.FS.ReadDir(t.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		stale := e.IsDir() && strings.HasPrefix(e.Name(), "state-") && e.Name() != valid
		if stale || safefile.IsTemp(e.Name()) {
			_ = t.o.FS.RemoveAll(filepath.Join(t.dir, e.Name()))
		}
	}
}

func (t *trainer) nothingSaved() error {
	return fmt.Errorf("resume %q: nothing was saved there; start without --resume", t.dir)
}

// restore continues from the state that was found, if there is one. It is called before the logs are
// opened, and returns their lengths.
func (t *trainer) restore(ctx context.Context) (metrics, timings int64, err error) {
	if t.from == nil {
		return 0, 0, nil
	}
	var s state
	text, err := os.ReadFile(t.from.Path(stateFile))
	if err == nil {
		err = exactjson.Unmarshal(text, &s)
	}
	if err == nil {
		err = t.adopt(s)
	}
	if err == nil {
		err = t.restoreTensors(ctx, t.from)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("resume %q: %w", t.dir, err)
	}
	t.noteSaved()
	return s.Metrics, s.Timings, nil
}

// adopt takes all that changes during a run but tensors.
func (t *trainer) adopt(s state) error {
	if changed := t.size.changes(s.Data); len(changed) > 0 {
		if !t.o.ForceResume || t.size.Classes != s.Data.Classes {
			return fmt.Errorf("the data changed: %s (--force_resume goes on all the same)", strings.Join(changed, ", "))
		}
		t.o.Display.Log().Warn("the data changed since the run was saved: " + strings.Join(changed, ", "))
	}
	t.place, t.meter, t.epochMeter, t.best, t.stopped = s.Place, s.Meter, s.Epoch, s.Best, s.Stopped
	t.skips.restore(s.Skips)
	if t.running == nil || s.Running == nil {
		return nil
	}
	return t.running.Restore(*s.Running)
}

// sameSettings refuses to continue a run under another configuration, naming the settings that
// differ. A setting that csl did not have when the run was saved was what its default is now.
func sameSettings(saved, now string) error {
	if now == saved {
		return nil
	}
	was, err := parseSaved("saved configuration", saved)
	if err != nil {
		return err
	}
	is, err := parseSaved("configuration", now)
	if err != nil {
		return err
	}
	var differ []string
	longer := false
	for _, c := range config.Diff(was, is) {
		differ = append(differ, fmt.Sprintf("%s was %s, not %s", c.Key, c.Was, c.Is))
		longer = longer || strings.HasPrefix(c.Key, "schedule.")
	}
	if len(differ) == 0 {
		return nil
	}
	err = fmt.Errorf("the run has other settings: %s", strings.Join(differ, "; "))
	if longer {
		err = fmt.Errorf("%w; the learning rate follows the whole schedule: to train longer, start a new run from the weights with --model_path", err)
	}
	return err
}

// parseSaved reads what configText wrote, which names no folder where one must be named.
func parseSaved(name, text string) (*config.Config, error) {
	return config.Parse(name, []byte(strings.Replace(text, "\n  out: \"\"\n", "\n  out: any\n", 1)))
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
	return readWeights(ctx, g.Path(averageFile), t.learner.average)
}

// readWeights fills w from a file of csl.
func readWeights(ctx context.Context, path string, w *model.Weights) error {
	f, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	sd, err := checkpoint.Interpret(f)
	if err == nil {
		_, err = sd.Load(ctx, w, checkpoint.LoadOptions{})
	}
	return errors.Join(err, f.Close())
}
