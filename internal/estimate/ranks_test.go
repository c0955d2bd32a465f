package estimate

import (
	"context"
	"os"
	"reflect"
	"sync"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/dist"
	"csl/internal/fixture"
)

func TestRanksEstimateToTheBitOfOneProcess(t *testing.T) {
	d := fixture.Make(t, 11, 5)
	path := checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	for _, method := range []string{"mean", "shift"} {
		alone, _ := options(t, d, "prior.method="+method)
		alone.Model.Path = path
		want := estimate(t, alone)
		for _, ranks := range []int{2, 3, 5} {
			var wg sync.WaitGroup
			for rank, g := range dist.Local(ranks) {
				o, _ := options(t, d, "prior.method="+method)
				o.Model.Path, o.Group = path, g
				wg.Go(func() {
					r, err := Run(context.Background(), o)
					if err != nil || !reflect.DeepEqual(r, want) {
						t.Errorf("%s, rank %d of %d: another prior than one process, or %v", method, rank, ranks, err)
					}
					if _, err := os.Stat(o.Out); (err == nil) != (rank == 0) {
						t.Errorf("%s, rank %d of %d: its file: %v", method, rank, ranks, err)
					}
				})
			}
			wg.Wait()
		}
	}
}

func TestRanksTrainTheTemporaryModelTogether(t *testing.T) {
	d := fixture.Make(t, 11, 5)
	for _, method := range []string{"shift", "training"} {
		shared, _ := options(t, d, "prior.method="+method, "model.sync_bn=true", "schedule.epochs=1")
		results := make([]Result, 2)
		var wg sync.WaitGroup
		for rank, g := range dist.Local(2) {
			o := shared
			alone, _ := options(t, d)
			o.Group, o.Backend = g, alone.Backend
			wg.Go(func() {
				var err error
				if results[rank], err = Run(context.Background(), o); err != nil {
					t.Errorf("%s, rank %d: %v", method, rank, err)
				}
			})
		}
		wg.Wait()
		if results[0].Prior == nil || !reflect.DeepEqual(results[0].Prior, results[1].Prior) {
			t.Errorf("%s: %+v and %+v", method, results[0].Prior, results[1].Prior)
		}
	}
}
