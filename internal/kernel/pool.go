package kernel

import (
	"sync"
	"sync/atomic"
)

// Task is a kernel call cut into jobs.
type Task interface {
	// Do computes one job. Jobs of a call run concurrently and in any order; worker is the number,
	// from 0, of the worker that runs this one, for picking per-worker scratch.
	Do(job, worker int)
}

// Pool runs jobs on a fixed number of workers. The calling goroutine is worker 0, the others are
// goroutines parked on a channel between calls: a waiting pool costs nothing. One call runs at a time.
type Pool struct {
	wake    []chan struct{}
	done    sync.WaitGroup
	next    atomic.Int64
	jobs    int64
	task    Task
	workers int
}

// NewPool starts a pool of so many workers, at least one.
func NewPool(workers int) *Pool {
	p := &Pool{workers: max(1, workers)}
	for w := 1; w < p.workers; w++ {
		c := make(chan struct{}, 1)
		p.wake = append(p.wake, c)
		go func() {
			for range c {
				p.drain(w)
				p.done.Done()
			}
		}()
	}
	return p
}

// Workers is the number of workers.
func (p *Pool) Workers() int { return p.workers }

// Run does the jobs 0..jobs-1 of t and returns when all are done. It does not allocate.
func (p *Pool) Run(jobs int, t Task) {
	if jobs <= 0 {
		return
	}
	p.task, p.jobs = t, int64(jobs)
	p.next.Store(0)
	helpers := min(len(p.wake), jobs-1)
	p.done.Add(helpers)
	for _, c := range p.wake[:helpers] {
		c <- struct{}{}
	}
	p.drain(0)
	p.done.Wait()
	p.task = nil
}

func (p *Pool) drain(worker int) {
	for {
		j := p.next.Add(1) - 1
		if j >= p.jobs {
			return
		}
		p.task.Do(int(j), worker)
	}
}

// Close ends the workers. The pool must be idle and is unusable afterwards.
func (p *Pool) Close() {
	for _, c := range p.wake {
		close(c)
	}
	p.wake = nil
}
