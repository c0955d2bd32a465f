package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/fixture"
	"csl/internal/safefile"
)

// canceller interrupts after some steps, or in the validation after them.
type canceller struct {
	cancel     func()
	steps      int
	validation bool
}

func (c *canceller) afterStep(*state, stepInfo) error {
	if c.steps--; c.steps == 0 && !c.validation {
		c.cancel()
	}
	return nil
}

func (c *canceller) afterEpoch(context.Context, *state) error {
	if c.steps <= 0 {
		c.cancel()
	}
	return nil
}

// interrupt runs until c cancels.
func (j *job) interrupt(t *testing.T, settings []string, c *canceller) error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.cancel = cancel
	tr, err := newTrainer(ctx, j.options(t, settings))
	if err != nil {
		t.Fatal(err)
	}
	tr.hooks = append([]hook{c}, tr.hooks...) // before the validation
	return errors.Join(tr.loop(ctx), tr.close())
}

func TestInterruptedRunSavesAndGoesOnToTheSameEnd(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	for name, x := range map[string]struct {
		settings []string
		stops    []canceller
	}{
		"in an epoch":                 {nil, []canceller{{steps: 2}}},
		"at each step":                {nil, slices.Repeat([]canceller{{steps: 1}}, 6)},
		"in each validation":          {nil, []canceller{{steps: 3, validation: true}, {steps: 3, validation: true}}},
		"between rare records":        {[]string{"train.log_every=5"}, []canceller{{steps: 2}, {steps: 3}}},
		"accumulating":                {[]string{"train.accumulate=2"}, []canceller{{steps: 1}}},
		"saving often":                {[]string{"train.save_every=2"}, []canceller{{steps: 3}}},
		"with curves for TensorBoard": {[]string{"train.tensorboard=true", "train.save_every=2"}, []canceller{{steps: 3}, {steps: 2, validation: true}}},
		"with a running prior":        {[]string{"prior.method=training"}, []canceller{{steps: 4}}},
		"with augmentation":           {[]string{"augment.cutout=0.5", "augment.randaugment.ops=2"}, []canceller{{steps: 4}}},
		"without validation":          {[]string{"data.val.annotations="}, []canceller{{steps: 4}}},
		"without an average":          {[]string{"ema.decay=0"}, []canceller{{steps: 4}}},
		"about to stop early":         {[]string{"train.patience=1", "optimizer.lr=1e-12", "ema.decay=0"}, []canceller{{steps: 6, validation: true}}},
		"turning labels for good":     {turning(), []canceller{{steps: 2}, {steps: 3}}},
		"turning and accumulating":    {append([]string{"train.accumulate=2"}, turning()...), []canceller{{steps: 3}}},
		"with other loss and Adam":    {[]string{"loss.name=asl", "loss.mode=ignore", "optimizer.name=adamw"}, []canceller{{steps: 5}}},
	} {
		t.Run(name, func(t *testing.T) {
			undisturbed, out := t.TempDir(), t.TempDir()
			j.resume = false
			j.must(t, d.Settings(undisturbed, x.settings...))
			for n := range x.stops {
				var stopped *Interrupted
				if err := j.interrupt(t, d.Settings(out, x.settings...), &x.stops[n]); !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) {
					t.Fatalf("err = %v", err)
				}
				j.resume = true
			}
			j.must(t, d.Settings(out, x.settings...))
			same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
		})
	}
}

func TestResumeOfAFinishedRunChangesNothing(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	settings := d.Settings(out, "schedule.epochs=1", "prior.method=training")
	first := j.must(t, settings)
	before := lasting(t, out)
	j.resume = true
	if again := j.must(t, settings); *again.Best != *first.Best || again.Steps != first.Steps || again.Source != first.Source {
		t.Errorf("result %+v, want %+v", again, first)
	}
	same(t, "resumed", lasting(t, out), before)
}

func TestResumeUnderOtherSettingsIsRefusedNamingThem(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	fpc := []string{"schedule.epochs=1", "data.train.annotations=" + d.Full, "simulate.type=fpc", "simulate.param=1"}
	j.must(t, d.Settings(out, fpc...))
	before := fixture.Files(t, out)
	j.resume = true
	for change, want := range map[string]string{
		"loss.topk=2":         "loss.topk was 1, not 2",
		"simulate.seed=5":     "simulate.seed was 1, not 5",
		"data.val.root=other": `data.val.root was "", not other`,
	} {
		_, err := j.run(t, d.Settings(out, append(fpc, change)...))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), ";") {
			t.Errorf("%s: err = %v", change, err)
		}
	}
	_, err := j.run(t, d.Settings(out, append(fpc, "loss.topk=2", "train.seed=9")...))
	if err == nil || !strings.Contains(err.Error(), "loss.topk was 1, not 2; train.seed was 1, not 9") {
		t.Errorf("err = %v", err)
	}
	same(t, "the refused run", fixture.Files(t, out), before)
}

func TestResumeMayChangeWhatChangesNoResult(t *testing.T) {
	d, j := fixture.Make(t, 10, 5), newJob(t)
	undisturbed, out, moved := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "moved")
	j.must(t, d.Settings(undisturbed))
	if err := j.interrupt(t, d.Settings(out), &canceller{steps: 2}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := os.Rename(out, moved); err != nil {
		t.Fatal(err)
	}
	j.resume = true
	j.must(t, d.Settings(moved, "data.workers=3", "train.save_every=1"))
	same(t, "resumed", lasting(t, moved), lasting(t, undisturbed))
}

func TestARunSavedBeforeASettingExistedGoesOnWithItsDefault(t *testing.T) {
	now, err := configText(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	older := strings.Replace(now, "  topk: 5\n", "", 1)
	if older == now {
		t.Fatalf("no topk in\n%s", now)
	}
	if err := sameSettings(older, now); err != nil {
		t.Errorf("the default: %v", err)
	}
	err = sameSettings(older, strings.Replace(now, "topk: 5", "topk: 6", 1))
	if err == nil || !strings.Contains(err.Error(), "loss.topk was 5, not 6") {
		t.Errorf("another value: %v", err)
	}
	err = sameSettings(now+"new:\n  key: 3\n", now)
	if err == nil || !strings.Contains(err.Error(), "new") {
		t.Errorf("a setting of a later csl: %v", err)
	}
}

func TestResumeWithOtherDataIsRefused(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	j.must(t, d.Settings(out, "schedule.epochs=1"))
	labels, err := os.ReadFile(d.Val)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(labels), "\n")
	fixture.Write(t, d.Val, strings.Join(lines[:1+4*len(fixture.Classes())], ""))
	j.resume = true
	_, err = j.run(t, d.Settings(out, "schedule.epochs=1"))
	if err == nil || !strings.Contains(err.Error(), "the data changed: 10 training and 5 validation images of 4 classes there, 10 training and 4 validation") {
		t.Errorf("err = %v", err)
	}
}

func TestDamagedStateIsRefusedNamingTheFile(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	settings := d.Settings(out, "schedule.epochs=1")
	j.must(t, settings)
	g, err := safefile.ReadLast(out)
	if err != nil {
		t.Fatal(err)
	}
	j.resume = true
	for _, path := range []string{
		g.Path(stateFile), g.Path(weightsFile), g.Path(momentsFile), g.Path(averageFile), filepath.Join(out, "last"),
	} {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{flipped(good), good[:len(good)/2], nil} {
			fixture.Write(t, path, string(bad))
			_, err = j.run(t, settings)
			if err == nil || !strings.Contains(err.Error(), filepath.Base(path)) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: err = %v", filepath.Base(path), err)
			}
		}
		fixture.Write(t, path, string(good))
	}
	j.must(t, settings)
}

// flipped has one bit of the middle byte changed.
func flipped(b []byte) []byte {
	b = slices.Clone(b)
	b[len(b)/2] ^= 0x10
	return b
}

func TestShortenedLogIsRefused(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	settings := d.Settings(out, "schedule.epochs=1")
	j.must(t, settings)
	fixture.Write(t, filepath.Join(out, "metrics.jsonl"), "")
	j.resume = true
	if _, err := j.run(t, settings); err == nil || !strings.Contains(err.Error(), "metrics.jsonl") {
		t.Errorf("err = %v", err)
	}
}

func TestTwoRunsCannotShareAFolder(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	lock, err := safefile.LockDir(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.run(t, d.Settings(out)); !errors.Is(err, safefile.ErrLocked) {
		t.Errorf("err = %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	j.must(t, d.Settings(out, "schedule.epochs=1"))
}

func TestWhatAKilledWriterLeftIsRemovedByResume(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	settings := d.Settings(out, "schedule.epochs=1")
	j.must(t, settings)
	before := fixture.Files(t, out)
	fixture.Write(t, filepath.Join(out, ".best.safetensors.csltmp-0123456789ab"), "half")
	if err := os.Mkdir(filepath.Join(out, "state-0"), 0o777); err != nil {
		t.Fatal(err)
	}
	fixture.Write(t, filepath.Join(out, "state-0", "weights.safetensors"), "old")
	j.resume = true
	j.must(t, settings)
	same(t, "the folder", fixture.Files(t, out), before)
}
