// Command csl trains, validates and runs multi-label image classifiers on partially annotated data.
//
// This package is the command line and nothing else: flags in, calls to internal packages, results
// out. root.go says how a command is written.
package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"

	"csl/internal/dist"
	"csl/internal/memory"
)

func main() {
	debug.SetTraceback("none") // a panic in a goroutine is one line, too; GOTRACEBACK brings traces back
	stayWithin(memory.Imposed())
	s := systemStreams()
	notice := s.err
	if l, ok, err := dist.FromEnvironment(os.Getenv); err == nil && ok && l.Rank > 0 {
		notice = io.Discard // rank 0 says it
	}
	ctx, stop := interruptible(context.Background(), notice, os.Exit)
	code := run(ctx, os.Args[1:], s)
	stop()
	os.Exit(code)
}
