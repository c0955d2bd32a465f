package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"csl/internal/fixture"
	"csl/internal/rundir"
)

// remover removes files of the run's folder after a step.
type remover struct {
	noHook
	paths []string
}

func (r remover) afterStep(s *state, _ stepInfo) error {
	if s.Cursor.Step != 5 {
		return nil
	}
	for _, p := range r.paths {
		if err := os.RemoveAll(p); err != nil {
			return err
		}
	}
	return nil
}

func TestFilesThatVanishDuringARunAreWrittenAgain(t *testing.T) {
	d, j, undisturbed := fixture.Make(t, 14, 5), newJob(t), t.TempDir()
	settings := []string{"schedule.epochs=3", "train.tensorboard=true"}
	j.must(t, d.Settings(undisturbed, settings...))
	want := lasting(t, undisturbed)
	for _, gone := range []string{rundir.Metrics, rundir.Timings, rundir.Events, rundir.Config, "last", "."} {
		out := filepath.Join(t.TempDir(), "run")
		tr, err := newTrainer(context.Background(), j.options(t, d.Settings(out, settings...)))
		if err != nil {
			t.Fatal(err)
		}
		tr.hooks = append(tr.hooks, remover{paths: []string{filepath.Clean(filepath.Join(out, gone))}})
		if err := errors.Join(tr.loop(context.Background()), tr.close()); err != nil {
			t.Errorf("%s removed: %v", gone, err)
			continue
		}
		if gone == "." { // its best weights may be the final ones
			if !exists(filepath.Join(out, rundir.Best)) || lasting(t, out)[rundir.Metrics] != want[rundir.Metrics] {
				t.Error("the folder removed: no weights, or other metrics")
			}
			continue
		}
		same(t, gone+" removed", lasting(t, out), want)
	}
}
