package validate

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/dist"
	"csl/internal/fixture"
)

func TestRanksScoreToTheBitOfOneProcess(t *testing.T) {
	d := fixture.Make(t, 0, 9)
	whole, err := os.ReadFile(filepath.Join(d.Dir, d.Images[4]))
	if err != nil {
		t.Fatal(err)
	}
	fixture.Write(t, filepath.Join(d.Dir, d.Images[4]), string(whole[:len(whole)/2])) // found to be broken in the pass
	path := checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	run := func(g dist.Group) (Result, map[string]string) {
		o, _ := options(t, d, path)
		dir := t.TempDir()
		o.Group, o.Data.SkipBroken = g, true
		o.ScoresPath, o.MatrixPath = filepath.Join(dir, "scores.csv"), filepath.Join(dir, "scores.npy")
		r, err := Run(context.Background(), o)
		if err != nil {
			t.Error(err)
		}
		return r, fixture.Files(t, dir)
	}
	want, files := run(nil)
	if len(want.Skipped) != 1 || len(files) != 2 {
		t.Fatalf("%+v, %d files", want.Skipped, len(files))
	}
	for _, ranks := range []int{2, 3, 7} {
		var wg sync.WaitGroup
		for rank, g := range dist.Local(ranks) {
			wg.Go(func() {
				r, written := run(g)
				if len(r.Skipped) != 1 || r.Skipped[0].String() != want.Skipped[0].String() {
					t.Errorf("rank %d of %d: skipped %v, want %v", rank, ranks, r.Skipped, want.Skipped)
				}
				if rank > 0 {
					if r.Report != nil || len(written) > 0 {
						t.Errorf("rank %d of %d reports or writes", rank, ranks)
					}
					return
				}
				if !reflect.DeepEqual(r.Report, want.Report) || !reflect.DeepEqual(written, files) {
					t.Errorf("%d ranks: other metrics or scores than one process", ranks)
				}
			})
		}
		wg.Wait()
	}
}

func TestRanksNeedTheSameWeightsAndLabels(t *testing.T) {
	d := fixture.Make(t, 0, 4)
	path := checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	for what, change := range map[string]func(*Options){
		"the weights": func(o *Options) { o.Model.Path = checkpointtest.Checkpoint(t, fixture.Classes(), swapHead(t, 0, 1)) },
		"labels and images": func(o *Options) {
			o.Data.Annotations = fixture.Write(t, filepath.Join(t.TempDir(), "v.csv"), "image,label,value\n"+d.Images[0]+",red,1\n")
		},
	} {
		var wg sync.WaitGroup
		for rank, g := range dist.Local(2) {
			o, _ := options(t, d, path)
			if o.Group = g; rank == 1 {
				change(&o)
			}
			wg.Go(func() {
				if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "rank 1 has another digest of "+what) {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		wg.Wait()
	}
}
