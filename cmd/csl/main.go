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
	if l, ok, err := dist.FromEnvironment(os.Getenv); err == nil && ok && l.Size != 1 {
		notice = io.Discard // the launcher stops ranks when one of them failed, whose message is enough
	}
	ctx, stop := interruptible(context.Background(), notice, os.Exit)
	code := run(ctx, os.Args[1:], s)
	stop()
	os.Exit(code)
}
