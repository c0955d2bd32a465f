package sweep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"csl/internal/graph"
	"csl/internal/progress"
)

// crew are the workers of a sweep and what they share.
type crew struct {
	o     Options
	shown *progress.Task

	mu       sync.Mutex // guards all below
	change   *sync.Cond // a task ended
	s        *state
	epochs   map[string]float64 // of the trainings in progress, by folder
	done     float64            // epochs of complete trainings
	told     int64              // epochs that the progress line knows
	runs     int                // trainings in all
	complete int
	said     map[string]bool // warnings that were shown
	errs     []error

	making sync.Mutex      // held while a cache of images is made
	cached map[string]bool // data whose cache is there
}

func newCrew(o Options, s *state) *crew {
	c := &crew{o: o, s: s, epochs: map[string]float64{}, said: map[string]bool{}, cached: map[string]bool{}}
	c.change = sync.NewCond(&c.mu)
	total, done, runs, complete := s.effort()
	if complete < runs {
		o.Display.Log().Info("sweep", "runs", runs, "complete", complete, "out", s.p.out)
	}
	c.shown = o.Display.Start("sweep", "epoch", int64(total))
	c.shown.From(int64(done))
	c.done, c.told, c.runs, c.complete = done, int64(done), runs, complete
	return c
}

// fail notes an error that ends the sweep.
func (c *crew) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
	c.change.Broadcast()
}

// outcome is how the sweep ended.
func (c *crew) outcome(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, err := range c.errs {
		if !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if len(c.errs) == 0 {
		return nil
	}
	_, _, runs, complete := c.s.effort()
	return &Interrupted{Runs: runs, Complete: complete, err: c.errs[0]}
}

// member works until there is nothing left.
func (c *crew) member(ctx context.Context, threads int) error {
	var be graph.Host
	for {
		t := c.take(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		if t == nil {
			return nil
		}
		if be == nil { // not for a sweep that is complete
			started, stop, err := c.o.Backend(threads)
			if err != nil {
				return err
			}
			defer stop()
			be = started
		}
		err := c.do(ctx, be, t)
		c.give(t)
		if err != nil {
			if errors.Is(err, context.Canceled) {
				return err
			}
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
}

// take waits for a task; nil when all is done, or ctx.
func (c *crew) take(ctx context.Context) *task {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.change.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for ctx.Err() == nil {
		t, waiting := c.s.next()
		if t != nil {
			c.s.busy[t.key] = true
			return t
		}
		if !waiting {
			return nil
		}
		c.change.Wait()
	}
	return nil
}

// give ends a task.
func (c *crew) give(t *task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.s.busy, t.key)
	delete(c.epochs, t.key)
	c.change.Broadcast()
}

// note keeps what came out of a run.
func (c *crew) note(dir string, change func(*result)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.s.results[dir])
	delete(c.epochs, dir)
	_, c.done, c.runs, c.complete = c.s.effort()
	c.show()
}

// progress moves the line of the whole sweep.
func (c *crew) progress(dir string, epochs float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epochs[dir] = epochs
	c.show()
}

// show is called with mu held.
func (c *crew) show() {
	now := c.done
	for _, e := range c.epochs {
		now += e
	}
	c.shown.Note(fmt.Sprintf("%d of %d runs", c.complete, c.runs))
	c.shown.Add(int64(now) - c.told)
	c.told = int64(now)
}

// display is where a run's messages go: warnings to the sweep's log, each once, other messages only where they are
// asked for.
func (c *crew) display(name string) *progress.Display {
	return progress.New(progress.Options{Out: relay{c, name}, Quiet: !c.o.Verbose})
}

// relay passes lines of a run's log on.
type relay struct {
	c    *crew
	name string
}

// Write takes one line.
func (r relay) Write(p []byte) (int, error) {
	line := strings.TrimSpace(string(p))
	text, warning := strings.CutPrefix(line, "warning: ")
	log := r.c.o.Display.Log()
	switch {
	case !warning:
		log.Info(r.name + ": " + line)
	case r.c.first(text):
		log.Warn(r.name + ": " + text + " (said once)")
	}
	return len(p), nil
}

// first reports whether a warning is new.
func (c *crew) first(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.said[text]
	c.said[text] = true
	return !said
}
