package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// errNoReader ends a command whose output nobody reads any more, as in "csl infer ... | head -1". It is
// an interruption: commands save and tidy up.
var errNoReader = fmt.Errorf("output pipe closed: %w", context.Canceled)

// interruptible gives a context that the first Ctrl-C (or SIGTERM, or SIGHUP of a terminal that closes, unless
// nohup ignores it) cancels, so that a command can save and return. The second one calls exit at once. A broken pipe (SIGPIPE, of which the process
// would else die with files half-written) cancels it with [errNoReader]. SIGUSR1 cancels it as well: batch systems
// (Slurm's --signal) send it ahead of the end, and mpirun passes it on to all ranks. stop gives the signals back.
func interruptible(parent context.Context, notice io.Writer, exit func(int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	notifySaveAndStop(signals)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go watch(signals, done, cancel, notice, exit)
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// watch serves signals until done is closed.
func watch(signals <-chan os.Signal, done <-chan struct{}, cancel func(error), notice io.Writer, exit func(int)) {
	for asked := false; ; {
		select {
		case <-done:
			return
		case s := <-signals:
			switch {
			case s == syscall.SIGPIPE:
				cancel(errNoReader)
			case isSaveAndStop(s):
				if !asked {
					fmt.Fprintln(notice, "csl: stopping, as SIGUSR1 asks")
				}
				cancel(nil) // a batch system may send it more than once, so that it never quits at once
			case asked:
				exit(exitInterrupted)
				return
			default:
				asked = true
				fmt.Fprintln(notice, "\ncsl: stopping; press Ctrl-C again to quit now")
				cancel(nil)
			}
		}
	}
}
