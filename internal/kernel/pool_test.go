package kernel_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"csl/internal/kernel"
)

// tally counts how often each job ran and the largest worker number.
type tally struct {
	runs    []atomic.Int32
	highest atomic.Int32
}

func (t *tally) Do(job, worker int) {
	t.runs[job].Add(1)
	for {
		h := t.highest.Load()
		if int32(worker) <= h || t.highest.CompareAndSwap(h, int32(worker)) {
			return
		}
	}
}

func TestPoolRunsEveryJobOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 5} {
		for _, jobs := range []int{0, 1, 2, 3, 1000} {
			t.Run(fmt.Sprintf("%d workers, %d jobs", workers, jobs), func(t *testing.T) {
				p := kernel.NewPool(workers)
				defer p.Close()
				for range 3 {
					task := &tally{runs: make([]atomic.Int32, jobs)}
					p.Run(jobs, task)
					for j := range task.runs {
						if n := task.runs[j].Load(); n != 1 {
							t.Fatalf("job %d ran %d times", j, n)
						}
					}
					if h := int(task.highest.Load()); h >= p.Workers() {
						t.Fatalf("a job ran on worker %d of %d", h, p.Workers())
					}
				}
			})
		}
	}
}

func TestPoolRunDoesNotAllocate(t *testing.T) {
	p := kernel.NewPool(3)
	defer p.Close()
	task := &tally{runs: make([]atomic.Int32, 50)}
	if n := testing.AllocsPerRun(20, func() { p.Run(50, task) }); n != 0 {
		t.Errorf("a run allocates %v times", n)
	}
}

func TestPoolRunsEveryJobOnceWhetherItsWorkersSleepOrNot(t *testing.T) {
	p := kernel.NewPool(4)
	defer p.Close()
	for run := range 400 {
		task := &tally{runs: make([]atomic.Int32, 1+run%7)}
		p.Run(len(task.runs), task)
		for j := range task.runs {
			if n := task.runs[j].Load(); n != 1 {
				t.Fatalf("run %d: job %d ran %d times", run, j, n)
			}
		}
		if run%20 == 0 { // longer than a worker waits awake
			time.Sleep(2 * time.Millisecond)
		}
	}
}
