package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// interruptible gives a context that the first Ctrl-C (or SIGTERM) cancels, so that a command can
// save and return. The second one calls exit at once. stop gives the signals back.
func interruptible(parent context.Context, notice io.Writer, exit func(int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go watch(signals, done, cancel, notice, exit)
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// watch serves signals until done is closed.
func watch(signals <-chan os.Signal, done <-chan struct{}, cancel func(), notice io.Writer, exit func(int)) {
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case <-signals:
			if n > 0 {
				exit(exitInterrupted)
				return
			}
			fmt.Fprintln(notice, "\ncsl: stopping; Ctrl-C again ends at once")
			cancel()
		}
	}
}
