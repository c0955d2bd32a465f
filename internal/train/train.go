// Package train runs the training recipe of the reference with the class-aware selective loss: Adam
// with L2, one cycle of learning rate and beta1, an exponential moving average, validation of both
// sets of weights after each epoch, and saves from which a later run continues to the bit.
//
// The loop (loop.go) fits one screen; logging, validation, early stopping and saving are hooks on
// it. Reading labels, decoding images, networks, losses, optimizers and metrics have packages of
// their own, and nothing here talks to a terminal but through package progress.
package train

import (
	"context"
	"errors"
	"fmt"
	"io"

	"csl/internal/config"
	"csl/internal/dist"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/progress"
	"csl/internal/safefile"
	"csl/internal/validate"
)

// Options is what a run needs.
type Options struct {
	Config  *config.Config    // complete and valid; Train.Out is the run's folder
	Backend graph.Host        // where graphs run
	Display *progress.Display // messages and progress
	FS      safefile.FS       // where files are written
	Garbage garbage.Hooks     // controls the garbage collector
	// Resume continues the run whose state lies in the folder.
	Resume bool
	// ForceResume continues although labels, class names or images changed since the run was saved; it warns.
	ForceResume bool
	// Version of csl, for the checkpoint's metadata.
	Version string
	// Group are the ranks that train together, each in its Run with equal options; nil for one that is alone. The
	// batch of the settings is that of all. Rank 0 writes and shows; the results are the same on all.
	Group dist.Group
	// Program is a digest of the program, which must be the same on all ranks.
	Program string
	// Profile, unless nil, is told what the steps spend on other ranks.
	Profile *Profile
	// Progress, unless nil, is told how many of all epochs are done, at the start and after each step.
	Progress func(epochs float64)
}

// Result says how a run ended.
type Result struct {
	Dir      string           // the run's folder
	Steps    int              // optimizer steps done, those of earlier processes included
	Epochs   int              // epochs completed
	Monitor  string           // the watched metric
	Best     *float64         // its best value; nil without validation
	Source   string           // the weights that are best: "regular" or "ema"
	BestStep int              // when they were
	Stopped  string           // why the run ended before its last epoch; "" if it did not
	Skipped  int              // images
	Tested   *validate.Tested // the test split's scores; nil without one
}

// Interrupted is how a run ends whose context was cancelled: it saved, and can be resumed. It wraps
// the context's error.
type Interrupted struct {
	Dir  string // the run directory
	Step int    // steps done
	err  error
}

// Error says where the run stands.
func (e *Interrupted) Error() string {
	return fmt.Sprintf("interrupted; step %d is saved in %s: %v", e.Step, e.Dir, e.err)
}

// Unwrap returns what interrupted the run.
func (e *Interrupted) Unwrap() error { return e.err }

// NonFinite is a loss that left the finite numbers, or what comes of one.
type NonFinite struct {
	Step  int    // the step that was being computed, from 1
	What  string // "loss", or what else it showed in
	Where string // the first operation whose result was not finite
	Saved string // the last good state; "" if there is none
}

// Error names step, layer and the last good state.
func (e *NonFinite) Error() string {
	saved := "nothing had been saved yet"
	if e.Saved != "" {
		saved = "the last good state is " + e.Saved
	}
	return fmt.Sprintf("%s is not a finite number at step %d, first seen in %s; %s; a smaller optimizer.lr may help",
		e.What, e.Step, e.Where, saved)
}

// Run trains until the schedule's end, an early stop or ctx's end, in which case it saves and returns
// an [*Interrupted]. Several ranks stop at the same step, when the ctx of one of them ends. An error of one rank that the others
// cannot know aborts their group.
func Run(ctx context.Context, o Options) (Result, error) { return run(ctx, o, func(*trainer) {}) }

// run shows the trainer before its loop begins.
func run(ctx context.Context, o Options, show func(*trainer)) (Result, error) {
	if o.Group != nil && o.Group.Rank() > 0 {
		o.Display = progress.New(progress.Options{Out: io.Discard})
	}
	r, err := train(ctx, o, show)
	if o.Group != nil && err != nil && !OnAllRanks(err) {
		o.Group.Abort(1, err.Error())
	}
	return r, err
}

func train(ctx context.Context, o Options, show func(*trainer)) (Result, error) {
	t, err := newTrainer(ctx, o)
	if err != nil {
		return Result{}, err
	}
	show(t)
	ctx, t.stops = newStops(ctx, t.ranks.group)
	t.stepper.stop = t.stops.asking
	err = t.loop(ctx)
	return t.result(), errors.Join(err, t.close())
}

func (t *trainer) result() Result {
	return Result{
		Dir: t.folder.dir, Steps: t.Cursor.Step, Epochs: t.Cursor.Epoch, Monitor: t.cfg.Train.Monitor,
		Best: t.Best.Value, Source: t.Best.Source, BestStep: t.Best.Step, Stopped: t.Stopped, Skipped: len(t.skips.list()), Tested: t.tested,
	}
}
