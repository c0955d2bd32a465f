package parallel

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestEveryItemIsWorkedOnOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 100} {
		seen := make([]atomic.Int32, 50)
		err := Each(t.Context(), len(seen), workers, func(worker, i int) {
			if workers > 0 && worker >= workers {
				t.Errorf("worker %d of %d", worker, workers)
			}
			seen[i].Add(1)
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range seen {
			if n := seen[i].Load(); n != 1 {
				t.Errorf("%d workers: item %d was worked on %d times", workers, i, n)
			}
		}
	}
}

func TestWorkEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	var done atomic.Int32
	err := Each(ctx, 1_000_000, 2, func(_, i int) {
		if done.Add(1) == 10 {
			stop(enough)
		}
	})
	if !errors.Is(err, enough) || done.Load() > 20 {
		t.Errorf("%v after %d items", err, done.Load())
	}
}

func TestABlockedWorkerIsAbandoned(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	release := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { <-release })
	stop()
	start := time.Now()
	if Wait(ctx, &wg) || time.Since(start) < Grace {
		t.Error("a blocked goroutine has ended")
	}
	close(release)
	if !Wait(t.Context(), &wg) {
		t.Error("a goroutine that ended was abandoned")
	}
}
