package audit

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/fixture"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
	"csl/internal/labels"
	"csl/internal/progress"
)

// foldOptions audit the training images of d by two folds.
func foldOptions(t *testing.T, d fixture.Data, dir string) (Options, *bytes.Buffer) {
	t.Helper()
	be, err := graph.NewCPU(2, kerneltest.Best(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(be.Close)
	cfg, _, err := config.Load(config.Sources{Set: d.Settings(filepath.Join(dir, "run"))})
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	return Options{
		Config: cfg, Data: dataset.FromConfig(cfg.Data, dataset.Train), Folds: 2, RunDir: filepath.Join(dir, "folds"),
		Strategies: []Strategy{Likely, Wrong}, Limit: 20, Backend: be, Display: progress.New(progress.Options{Out: log}), FS: fixture.FS(), Garbage: garbage.Hooks{},
	}, log
}

func TestNoFoldLearnsTheLabelsItJudges(t *testing.T) {
	d := fixture.Make(t, 12, 4)
	dir := t.TempDir()
	o, _ := foldOptions(t, d, dir)
	r := audited(t, o)
	if r.Folds != 2 || r.Images != 12 || len(r.List) != 20 {
		t.Errorf("%+v", r)
	}
	for k, rows := range foldsOf(12, 2, o.Config.Train.Seed) {
		set, _, err := labels.Open(t.Context(), labels.Options{Path: filepath.Join(dir, "folds", []string{"fold-1.csv", "fold-2.csv"}[k]), KeepUnannotated: true})
		if err != nil || set.Len() != 6 {
			t.Fatalf("%v, %v", set, err)
		}
		for _, i := range rows {
			if _, learned := set.Find(r.Set.ImageName(i)); learned {
				t.Errorf("fold %d learned %s", k+1, r.Set.ImageName(i))
			}
		}
	}
}

func TestFoldsAreDeterministicAndResume(t *testing.T) {
	d := fixture.Make(t, 12, 4)
	dir := t.TempDir()
	o, _ := foldOptions(t, d, dir)
	first := audited(t, o)
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("a second time without Resume: %v", err)
	}
	o.Resume = true
	if again := audited(t, o); fmt.Sprint(again.List) != fmt.Sprint(first.List) {
		t.Errorf("resumed %+v, first %+v", again.List, first.List)
	}
	other, _ := foldOptions(t, d, t.TempDir())
	if fresh := audited(t, other); fmt.Sprint(fresh.List) != fmt.Sprint(first.List) {
		t.Error("another run gives another list")
	}
}
