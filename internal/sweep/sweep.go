// Package sweep runs the comparison that a sweep file describes: variants of a configuration in groups of
// conditions, with several seeds each; it chooses settings by the validation images, scores the chosen runs once on
// the test images and sets them side by side. Training, estimating priors and scoring are packages of their own,
// which it calls; how a page looks is package report's.
//
// What is done is known by the folders alone: a sweep that was stopped or killed goes on where it was.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"csl/internal/config"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// Options says which sweep to run, and how.
type Options struct {
	File  string   // the sweep file
	Out   string   // folder of the runs; "" = the file's
	Seeds []uint64 // instead of the file's; nil = the file's
	Set   []string // "key=value" for all runs, over what the file has
	Jobs  int      // runs at a time
	// Backend makes a backend of that many threads; close ends it.
	Backend func(threads int) (be graph.Host, close func(), err error)
	Threads int // of all jobs together
	// Adopt completes settings that depend on a checkpoint; may be nil.
	Adopt   func(*config.Config, config.Origins) error
	Display *progress.Display // messages and progress
	FS      safefile.FS       // where files are written
	Garbage garbage.Hooks     // controls the garbage collector
	Version string            // of csl, stored in files
	Verbose bool              // whether messages of the runs are shown, not only their warnings
}

// Interrupted is how a sweep ends whose context was cancelled: the runs in progress are saved. It wraps the
// context's error.
type Interrupted struct {
	Runs, Complete int // trainings in all, and those that are complete
	err            error
}

// Error says how far the sweep is.
func (e *Interrupted) Error() string {
	return fmt.Sprintf("interrupted; %d of %d runs are complete: %v", e.Complete, e.Runs, e.err)
}

// Unwrap returns what interrupted the sweep.
func (e *Interrupted) Unwrap() error { return e.err }

// open reads the sweep file and resolves all runs.
func open(ctx context.Context, o Options) (*state, error) {
	f, err := readFile(ctx, o.File)
	if err != nil {
		return nil, err
	}
	if o.Out != "" {
		f.out = o.Out
	}
	if o.Seeds != nil {
		f.seeds, f.selectSeeds = o.Seeds, intersection(f.selectSeeds, o.Seeds)
	}
	p, err := newPlan(o, f)
	if err != nil {
		return nil, err
	}
	return load(p)
}

// intersection are those of a that b has, or else the first of b.
func intersection(a, b []uint64) (both []uint64) {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				both = append(both, x)
			}
		}
	}
	if both == nil {
		both = b[:1]
	}
	return both
}

// Run does what is not done yet and returns the table.
func Run(ctx context.Context, o Options) (t *Table, err error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := o.FS.MkdirAll(s.p.out); err != nil {
		return nil, fmt.Errorf("make the sweep's folder: %w", err)
	}
	lock, err := safefile.LockDir(s.p.out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := work(ctx, o, s); err != nil {
		return nil, err
	}
	return s.table(), nil
}

// Tabulate is the table of what is done, without doing more.
func Tabulate(ctx context.Context, o Options) (*Table, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	return s.table(), nil
}

// work does all tasks, several at a time.
func work(ctx context.Context, o Options, s *state) error {
	defer o.Garbage.LimitNow()()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := newCrew(o, s)
	defer c.shown.Done()
	jobs := max(o.Jobs, 1)
	var wait sync.WaitGroup
	for i := range jobs {
		threads := max(1, (o.Threads+jobs-1-i)/jobs)
		wait.Go(func() {
			if err := c.member(ctx, threads); err != nil {
				c.fail(err)
				cancel(err)
			}
		})
	}
	wait.Wait()
	return c.outcome(ctx)
}

// DryRun lists the runs with their state.
func DryRun(ctx context.Context, o Options) ([]Listed, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	return s.list(), nil
}

// isSaved reports whether a run has a state to go on from.
func isSaved(dir string) bool {
	if _, err := os.Stat(dir); err != nil {
		return false
	}
	_, err := safefile.LoadLast(dir)
	return err == nil
}
