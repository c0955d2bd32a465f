package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"

	"csl/internal/config"
	"csl/internal/printable"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2   // wrong arguments, flags or settings
	exitSkipped     = 3   // finished, but some inputs were skipped
	exitInterrupted = 130 // Ctrl-C or SIGTERM
	exitNoReader    = 141 // nobody reads the output any more; as a shell reports SIGPIPE
)

// run executes one command line and returns the exit code. Whatever happens, standard error gets
// one line per problem and never a stack trace.
func run(ctx context.Context, args []string, s *streams) (code int) {
	defer func() {
		if p := recover(); p != nil {
			first, _, _ := strings.Cut(fmt.Sprint(p), "\n")
			err := fmt.Errorf("internal error: %s; this is a bug of csl, please report it", first)
			s.abort(exitFailure, err) // under MPI this is the end
			complain(s.err, err)
			code = exitFailure
		}
	}()
	if err := enough(runtime.GOMAXPROCS(0)); err != nil {
		complain(s.err, err)
		return exitFailure
	}
	root := newRootCommand(s)
	started := false
	noteStart(root, &started)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !started && !errors.As(err, new(*usageError)) {
		err = &usageError{err}
	}
	return s.ended(ctx, cmd, err)
}

// ended reports err and chooses the exit code; where other ranks work on the same job, it ends them, too.
func (s *streams) ended(ctx context.Context, cmd *cobra.Command, err error) int {
	if s.group == nil {
		return report(ctx, s.err, cmd, err)
	}
	code := report(ctx, io.Discard, cmd, err)
	s.abort(code, err)
	return code
}

// report prints err and chooses the exit code.
func report(ctx context.Context, w io.Writer, cmd *cobra.Command, err error) int {
	var problem *config.Problem
	var usage *usageError
	var skipped *skippedError
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), errNoReader):
		return exitNoReader // there is nobody to tell
	case errors.Is(err, context.Canceled) && (ctx.Err() != nil || errors.As(err, new(*stoppedError))):
		text := strings.TrimSuffix(err.Error(), context.Canceled.Error())
		if text = strings.TrimSuffix(text, ": "); text == "" {
			text = "interrupted"
		}
		complain(w, errors.New(text))
		return exitInterrupted
	case errors.As(err, &usage):
		complain(w, err)
		fmt.Fprintf(w, "see %s --help\n", cmd.CommandPath())
		return exitUsage
	case errors.As(err, &problem):
		complain(w, err)
		return exitUsage
	case errors.As(err, &skipped):
		complain(w, err)
		return exitSkipped
	default:
		complain(w, err)
		return exitFailure
	}
}

// complain prints an error on one line, or on one for each setting that is wrong.
func complain(w io.Writer, err error) {
	lines := problems(err)
	if lines == nil {
		lines = []string{oneLine(err)}
	}
	for _, line := range lines {
		fmt.Fprintln(w, "csl: "+printable.Line(line))
	}
}

// oneLine is the text of an error without line breaks.
func oneLine(err error) string { return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ") }

// problems are the texts of an error that is nothing but wrong settings.
func problems(err error) []string {
	for {
		if p, ok := err.(*config.Problem); ok { //nolint:errorlint // what it wraps is not meant
			return []string{p.Error()}
		}
		if e, ok := err.(*usageError); ok { //nolint:errorlint // the same
			err = e.error
			continue
		}
		several, ok := err.(interface{ Unwrap() []error })
		if !ok {
			return nil
		}
		var all []string
		for _, e := range several.Unwrap() {
			texts := problems(e)
			if texts == nil {
				return nil
			}
			all = append(all, texts...)
		}
		return all
	}
}

// noteStart makes every command below cmd tell when it begins to run: errors before are the
// caller's usage (flags, arguments).
func noteStart(cmd *cobra.Command, started *bool) {
	if inner := cmd.RunE; inner != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return inner(c, args)
		}
	}
	for _, sub := range cmd.Commands() {
		noteStart(sub, started)
	}
}

// usageError is a wrong command line: exit code 2 and a hint.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// usagef makes a [usageError].
func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// skippedError ends a command that did its work except on some inputs: exit code 3.
type skippedError struct{ error }

func (e *skippedError) Unwrap() error { return e.error }

// imagesSkipped says how many images were skipped.
func imagesSkipped(n int) error {
	if n == 1 {
		return errors.New("1 image skipped")
	}
	return fmt.Errorf("%d images skipped", n)
}
