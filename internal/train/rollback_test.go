package train

import (
	"context"
	"errors"
	"strings"
	"testing"

	"csl/internal/fixture"
)

func TestAStepThatIsCutOffIsTakenBack(t *testing.T) {
	d, j := fixture.Make(t, 14, 5), newJob(t)
	for name, settings := range map[string][]string{
		"each batch a step": nil,
		"accumulating":      {"train.accumulate=2", "prior.source=training"},
		"without average":   {"ema.decay=0"},
	} {
		t.Run(name, func(t *testing.T) {
			undisturbed := t.TempDir()
			j.resume = false
			j.must(t, d.Settings(undisturbed, settings...))
			want := lasting(t, undisturbed)
			for _, share := range []float64{0.1, 0.6, 0.95} {
				out := t.TempDir()
				j.resume = false
				j.cut(t, d.Settings(out, settings...), share)
				j.resume = true
				j.must(t, d.Settings(out, settings...))
				same(t, "resumed", lasting(t, out), want)
			}
		})
	}
}

func TestAStepThatCannotBeTakenBackIsFinished(t *testing.T) {
	d, j := fixture.Make(t, 14, 5), newJob(t)
	undisturbed, out := t.TempDir(), t.TempDir()
	j.must(t, d.Settings(undisturbed))
	if stopped := j.interruptWithin(t, d.Settings(out), 0.6, false); stopped.Step != 3 {
		t.Errorf("stopped after step %d, want the step that was interrupted, 3", stopped.Step)
	}
	j.resume = true
	j.must(t, d.Settings(out))
	same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
}

// cut interrupts a run in its third step, when that share of a batch's operations is done.
func (j *job) cut(t *testing.T, settings []string, share float64) {
	t.Helper()
	if stopped := j.interruptWithin(t, settings, share, true); stopped.Step != 2 {
		t.Fatalf("stopped after step %d, want 2", stopped.Step)
	}
}

// interruptWithin interrupts a run in its third step, when that share of a batch's operations is done.
func (j *job) interruptWithin(t *testing.T, settings []string, share float64, undo bool) *Interrupted {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr, err := newTrainer(ctx, j.options(t, settings))
	if err != nil {
		t.Fatal(err)
	}
	tr.interruptible(ctx, undo)
	s, between := tr.stepper, tr.between(ctx, undo)
	s.nets.Arena().Between(func(done, total int) error {
		if s.stepping && tr.Cursor.Step == 2 && s.batch == tr.cfg.Train.Accumulate-1 && float64(done) >= share*float64(total) {
			cancel()
		}
		return between(done, total)
	})
	err = errors.Join(tr.loop(ctx), tr.close())
	var stopped *Interrupted
	if !errors.As(err, &stopped) {
		t.Fatalf("err = %v, want an interruption", err)
	}
	return stopped
}

func TestScheduleLongerThanNumbersGoIsRefused(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	_, err := j.run(t, d.Settings(out, "schedule.epochs=9223372036854775807"))
	if err == nil || !strings.Contains(err.Error(), "schedule.epochs") {
		t.Errorf("err = %v", err)
	}
}
