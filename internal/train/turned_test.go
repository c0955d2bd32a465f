package train

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/images/loader"
	"csl/internal/loss"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// turning are settings under which the loss turns labels in each epoch of short runs.
func turning() []string {
	return []string{"loss.name=ll_cp", "loss.mode=negative", "loss.correct_after=0", "loss.ll_percent=8", "schedule.epochs=3"}
}

// turnedIn are the cells in the saved state of a run.
func turnedIn(t *testing.T, dir string) []uint64 {
	t.Helper()
	g, err := safefile.LoadLast(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(g.Path(turnedFile))
	if err != nil {
		t.Fatal(err)
	}
	var cells []uint64
	for ; len(data) >= 8; data = data[8:] {
		cells = append(cells, binary.LittleEndian.Uint64(data))
	}
	return cells
}

func TestTurnedLabelsStayTurnedAndAreSaved(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), t.TempDir()
	j.must(t, d.Settings(out, turning()...))
	cells := turnedIn(t, out)
	if len(cells) == 0 || !slices.IsSorted(cells) || len(slices.Compact(slices.Clone(cells))) != len(cells) {
		t.Fatalf("turned: %v", cells)
	}
	metrics, err := os.ReadFile(filepath.Join(out, rundir.Metrics))
	if err != nil || !strings.Contains(string(metrics), `"corrected":0.`) {
		t.Errorf("metrics %s, %v", metrics, err)
	}
}

func TestTurnedLabelsReachTheBatchesOfLaterSteps(t *testing.T) {
	s := &turned{classes: 3, images: 4}
	b := &loader.Batch{N: 2, Samples: []int{3, 1}}
	s.begin()
	s.note(b, []int{1, 3})
	s.begin() // taken back
	s.note(b, []int{0, 5})
	s.finish()
	s.merge()
	labels := slices.Repeat([]float32{-1}, 6)
	s.label(b, labels)
	if want := []float32{loss.Turned, -1, -1, -1, -1, loss.Turned}; !slices.Equal(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	if want := []uint64{5, 9}; !slices.Equal(s.cells, want) {
		t.Errorf("cells %v, want %v", s.cells, want)
	}
}

func TestDamagedTurnedLabelsAreRefused(t *testing.T) {
	for what, cells := range map[string][]uint64{"order": {4, 4}, "no image": {12}} {
		dir, w := t.TempDir(), &turned{classes: 3, images: 4, cells: cells}
		if err := safefile.SaveGeneration(safefile.OS(), dir, 1, nil, w.files()...); err != nil {
			t.Fatal(err)
		}
		g, err := safefile.LoadLast(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := (&turned{classes: 3, images: 4}).restore(g); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTurnedLabelsOfChangedDataAreForgotten(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), filepath.Join(t.TempDir(), "run")
	if err := j.interrupt(t, d.Settings(out, turning()...), &canceller{steps: 4}); err == nil {
		t.Fatal("not interrupted")
	}
	if cells := turnedIn(t, out); len(cells) == 0 {
		t.Fatal("nothing is turned before")
	}
	swap(t, d.Train, ",1\n", ",0\n")
	j.resume = true
	o := j.options(t, d.Settings(out, turning()...))
	o.ForceResume = true
	if _, err := Run(context.Background(), o); err != nil || !strings.Contains(j.log.String(), "all are unknown again") {
		t.Errorf("%v; log %s", err, j.log.String())
	}
}
