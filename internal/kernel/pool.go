package kernel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Task is a kernel call cut into jobs.
type Task interface {
	// Do computes one job. Jobs of a call run concurrently and in any order; worker is the number,
	// from 0, of the worker that runs this one, for picking per-worker scratch.
	Do(job, worker int)
}

// Pool runs jobs on a fixed number of workers. The calling goroutine is worker 0, the others are
// goroutines. One call runs at a time: Run is not reentrant, neither from a job (it would overwrite the call
// that the job belongs to) nor from two goroutines.
//
// Memory ordering. All signals are Go atomics, which are sequentially consistent, so that each of these pairs
// is a happens-before edge. Run writes task, jobs and next before it stores callNew, and a helper reads them
// after its swap of callNew for callTaken succeeded: a helper sees the call it takes, and what the caller wrote
// before. Only one of helper and caller wins that swap, so a call that was taken back is never entered. A helper
// lowers pending after its last job, and Run returns after it saw pending at 0: the caller sees all results,
// and task and jobs are written again only when nobody reads them. next gives every job to one worker. A
// sleeper sets asleep before it looks at its condition for the last time, and who makes the condition true
// looks at asleep afterwards: one of the two sees the other, so no wake-up is lost.
//
// To wake a sleeping processor takes as long as a small kernel (50 us in a virtual machine), so who waits
// looks again and again for a moment, letting other goroutines run in between, before it sleeps. A pool that
// is idle for longer costs nothing.
type Pool struct {
	helpers []helper
	next    atomic.Int64
	jobs    int64
	task    Task
	pending atomic.Int32 // helpers that were called and are not done
	caller  sleeper
}

// helper is what the pool knows of a worker other than the caller.
type helper struct {
	call atomic.Int32
	sleeper
	_ [128]byte // so that helpers do not wait for each other's memory
}

// The states of helper.call.
const (
	callNone  = iota
	callNew   // there are jobs; the helper may take the call, the caller may take it back
	callTaken // the helper is at work
	callEnd   // the pool is closed
)

// patience is how long a goroutine of the pool looks for work before it sleeps.
const patience = 200 * time.Microsecond

// NewPool starts a pool of that many workers; less than one is one.
func NewPool(workers int) *Pool {
	p := &Pool{helpers: make([]helper, max(1, workers)-1)}
	p.caller.init()
	for w := range p.helpers {
		h := &p.helpers[w]
		h.init()
		go p.work(h, w+1)
	}
	return p
}

// work is the life of a helper.
func (p *Pool) work(h *helper, worker int) {
	for {
		h.await(h.called)
		switch {
		case h.call.CompareAndSwap(callNew, callTaken):
			p.drain(worker)
			h.call.Store(callNone)
			if p.pending.Add(-1) == 0 {
				p.caller.rouse()
			}
		case h.call.Load() == callEnd:
			return
		}
	}
}

// Workers is the number of workers.
func (p *Pool) Workers() int { return len(p.helpers) + 1 }

// Run does the jobs 0..jobs-1 of t and returns when all are done. It does not allocate. It is not reentrant.
func (p *Pool) Run(jobs int, t Task) {
	if jobs <= 0 {
		return
	}
	p.task, p.jobs = t, int64(jobs)
	p.next.Store(0)
	called := p.helpers[:min(len(p.helpers), jobs-1)]
	p.pending.Store(int32(len(called)))
	for i := range called {
		called[i].call.Store(callNew)
		called[i].rouse()
	}
	p.drain(0)
	// A helper that has not come yet need not come.
	for i := range called {
		if called[i].call.CompareAndSwap(callNew, callNone) {
			p.pending.Add(-1)
		}
	}
	if p.pending.Load() > 0 {
		p.caller.await(p.idle)
	}
	p.task = nil
}

func (h *helper) called() bool {
	state := h.call.Load()
	return state == callNew || state == callEnd
}

func (p *Pool) idle() bool { return p.pending.Load() == 0 }

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
	for i := range p.helpers {
		p.helpers[i].call.Store(callEnd)
		p.helpers[i].rouse()
	}
	p.helpers = nil
}

// sleeper lets one goroutine wait for a condition that another one makes true.
type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
}

func (s *sleeper) init() { s.wake = make(chan struct{}, 1) }

// await returns when ready is true.
func (s *sleeper) await(ready func() bool) {
	for start := time.Now(); ; {
		for range 100 {
			if ready() {
				return
			}
		}
		if time.Since(start) > patience {
			break
		}
		runtime.Gosched()
	}
	for !ready() {
		s.asleep.Store(true)
		if ready() && s.asleep.Swap(false) {
			return
		}
		<-s.wake
	}
}

// rouse makes the goroutine in await, if it sleeps, look again. What it waits for is true already.
func (s *sleeper) rouse() {
	if s.asleep.Load() && s.asleep.Swap(false) {
		s.wake <- struct{}{}
	}
}
