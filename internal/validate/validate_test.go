package validate

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/dataset"
	"csl/internal/fixture"
	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
	"csl/internal/metric"
	"csl/internal/model"
	"csl/internal/modelfile"
	"csl/internal/progress"
	"csl/internal/safefile/faultfs"
)

// options score a checkpoint on the validation images of d.
func options(t *testing.T, d fixture.Data, path string) (o Options, log *bytes.Buffer) {
	t.Helper()
	be, err := graph.NewCPU(2, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	log = &bytes.Buffer{}
	half := 0.5
	return Options{
		Model: modelfile.Options{Path: path}, Data: dataset.Options{Split: dataset.Val, Root: d.Dir, Annotations: d.Val}, Batch: 2, Threshold: &half,
		Backend: be, Display: progress.New(progress.Options{Out: log}), FS: fixture.FS(),
	}, log
}

func score(t *testing.T, o Options) *metric.Report {
	t.Helper()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r.Report
}

// swapHead exchanges two outputs of a model.
func swapHead(t *testing.T, a, b int) func(*model.Weights) {
	return func(w *model.Weights) {
		for _, name := range []string{"head.fc.weight", "head.fc.bias"} {
			shape, data, _ := w.Get(name)
			row := len(data) / shape[0]
			for i := range row {
				data[a*row+i], data[b*row+i] = data[b*row+i], data[a*row+i]
			}
			if err := w.Set(name, shape, data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestClassesAreMatchedByNameWhateverTheirOrder(t *testing.T) {
	d := fixture.Make(t, 0, 9)
	o, _ := options(t, d, checkpointtest.Checkpoint(t, []string{"red", "green", "blue", "dark"}, nil))
	want := score(t, o)
	o.Model.Path = checkpointtest.Checkpoint(t, []string{"blue", "green", "red", "dark"}, swapHead(t, 0, 2))
	got := score(t, o)
	if *got.MAPPartial != *want.MAPPartial || *got.MAPO != *want.MAPO || got.Images != 9 {
		t.Errorf("map_partial %v and map_o %v of the reordered checkpoint, want %v and %v", *got.MAPPartial, *got.MAPO, *want.MAPPartial, *want.MAPO)
	}
	ap := func(r *metric.Report, class string) float64 {
		for _, c := range r.PerClass {
			if c.Class == class {
				return *c.AP
			}
		}
		t.Fatalf("no class %q", class)
		return 0
	}
	for _, class := range fixture.Classes() {
		if ap(got, class) != ap(want, class) {
			t.Errorf("%s: %v, want %v", class, ap(got, class), ap(want, class))
		}
	}
}

func TestClassesOfTheLabelsThatTheModelDoesNotHaveAreLeftOut(t *testing.T) {
	d := fixture.Make(t, 0, 6)
	o, log := options(t, d, checkpointtest.Checkpoint(t, []string{"dark", "red"}, nil))
	r := score(t, o)
	if r.Classes != 2 || r.PerClass[0].Class != "dark" || !strings.Contains(log.String(), "annotations of classes outside the class list") {
		t.Errorf("report %+v, log %s", r, log)
	}
}

func TestACheckpointWithoutNamesIsMatchedByPosition(t *testing.T) {
	d := fixture.Make(t, 0, 6)
	o, log := options(t, d, checkpointtest.Bare(t, 4))
	o.Model.Height, o.Model.Width = 32, 32
	if r := score(t, o); r.Classes != 4 || !strings.Contains(log.String(), "names no classes") {
		t.Errorf("report %+v, log %s", r, log)
	}
	o.Model.Path = checkpointtest.Bare(t, 3)
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "has 4 classes, the checkpoint 3 and no names") {
		t.Errorf("err = %v", err)
	}
}

func TestSavedScoresAreThoseThatWereScored(t *testing.T) {
	d := fixture.Make(t, 0, 5)
	o, _ := options(t, d, checkpointtest.Checkpoint(t, fixture.Classes(), nil))
	o.ScoresPath = filepath.Join(t.TempDir(), "scores.csv")
	want := score(t, o)
	f, err := os.Open(o.ScoresPath)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 1+5*4 || !slices.Equal(rows[0], []string{"image", "label", "score", "value"}) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	acc, err := metric.New(metric.Options{Classes: fixture.Classes(), Threshold: *o.Threshold})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		if s, err := strconv.ParseFloat(r[2], 32); err != nil || s <= 0 || s >= 1 || math.IsNaN(s) {
			t.Errorf("row %q: %v", r, err)
		}
	}
	for at := 1; at < len(rows); at += 4 {
		var scores []float32
		var states []int8
		for _, r := range rows[at : at+4] {
			s, _ := strconv.ParseFloat(r[2], 32) // checked above
			v, _ := strconv.Atoi(r[3])
			scores, states = append(scores, float32(s)), append(states, int8(v))
		}
		if err := acc.Add([]string{rows[at][0]}, scores, states); err != nil {
			t.Fatal(err)
		}
	}
	got, err := acc.Report(context.Background(), 1)
	if err != nil || *got.MAPPartial != *want.MAPPartial || *got.MAPO != *want.MAPO || *got.CF1 != *want.CF1 {
		t.Errorf("scored again: %+v, %v, want %+v", got, err, want)
	}
}

func TestAFailureWhileScoresAreWrittenKeepsTheOldFile(t *testing.T) {
	d := fixture.Make(t, 0, 3)
	o, _ := options(t, d, checkpointtest.Checkpoint(t, fixture.Classes(), nil))
	dir := t.TempDir()
	o.ScoresPath = filepath.Join(dir, "scores.csv")
	clean := faultfs.New(0)
	o.FS = clean
	score(t, o)
	last := len(clean.Steps()) // the folder's sync: the new file is there already
	for i := range clean.Steps() {
		fixture.Write(t, o.ScoresPath, "old")
		fsys := faultfs.New(i + 1)
		fsys.Under = fixture.FS()
		o.FS = fsys
		_, err := Run(context.Background(), o)
		if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "scores.csv") {
			t.Errorf("step %d: err = %v", i+1, err)
		}
		if files := fixture.Files(t, dir); len(files) != 1 || i+1 < last && files["scores.csv"] != "old" {
			t.Errorf("step %d: left %v", i+1, files)
		}
	}
}

func TestBrokenImagesStopOrAreCounted(t *testing.T) {
	d := fixture.Make(t, 0, 5)
	o, log := options(t, d, checkpointtest.Checkpoint(t, fixture.Classes(), nil))
	whole, err := os.ReadFile(filepath.Join(d.Dir, d.Images[1]))
	if err != nil {
		t.Fatal(err)
	}
	fixture.Write(t, filepath.Join(d.Dir, d.Images[1]), string(whole[:len(whole)/2])) // its header is fine
	fixture.Write(t, filepath.Join(d.Dir, d.Images[3]), "no image")
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), d.Images[3]) {
		t.Errorf("err = %v", err)
	}
	o.Data.SkipBroken = true
	r, err := Run(context.Background(), o)
	if err != nil || len(r.Skipped) != 2 || r.Report.Images != 3 || !strings.Contains(log.String(), d.Images[1]) {
		t.Errorf("skipped %v, %+v, %v; log %s", r.Skipped, r.Report, err, log)
	}
}

func TestInterruptLeavesNoScores(t *testing.T) {
	d := fixture.Make(t, 0, 3)
	o, _ := options(t, d, checkpointtest.Checkpoint(t, fixture.Classes(), nil))
	o.ScoresPath = filepath.Join(t.TempDir(), "scores.csv")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if len(fixture.Files(t, filepath.Dir(o.ScoresPath))) != 0 {
		t.Error("a file was left")
	}
}
