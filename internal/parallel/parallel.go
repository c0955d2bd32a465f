// Package parallel runs the same work for many things with several goroutines, under one context. What the work
// is does not matter here; the kernels have a pool of threads instead.
package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Grace is how long workers are waited for once their work is no longer wanted. A worker that is blocked for longer, in
// a file system that does not answer, is abandoned, with all it uses.
const Grace = time.Second

// Each calls f for 0 to n-1 from several goroutines (0: GOMAXPROCS), numbered from 0, until ctx ends; its cause is
// the error then. What f writes must not be used after an error.
func Each(ctx context.Context, n, workers int, f func(worker, i int)) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range min(workers, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(w, i)
			}
		})
	}
	Wait(ctx, &wg)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// Wait waits for goroutines, of which it abandons those that go on for long after ctx has ended, and reports whether
// all have ended.
func Wait(ctx context.Context, wg *sync.WaitGroup) bool {
	ended := make(chan struct{})
	go func() {
		wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return true
	case <-ctx.Done():
	}
	select {
	case <-ended:
		return true
	case <-time.After(Grace):
		return false
	}
}
