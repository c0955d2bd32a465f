package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"csl/internal/dist"
	"csl/internal/printable"
	"csl/internal/progress"
	"csl/internal/safefile"

	"golang.org/x/term"
)

// streams is a command's way to the outside: results go to out, everything else through log and
// display. Tests put their own in.
type streams struct {
	in       io.Reader
	out, err io.Writer
	raw      io.Writer   // out without the care for terminals: for CSV, whose bytes are data
	outTTY   bool        // out is a terminal
	errTTY   bool        // err is a terminal that can redraw a line
	width    func() int  // columns of the terminal
	fs       safefile.FS // where files are written

	global  globalFlags
	display *progress.Display // made when the flags are known; never nil in a running command
	group   dist.Group        // the ranks that work on this command; nil unless a launcher started several
	joined  time.Time         // when
	unwatch func()            // stops watching the other ranks; nil where nothing is watched
}

// globalFlags are the flags of every command.
type globalFlags struct {
	threads        int
	quiet, verbose bool
	logFormat      string
}

// log is the logger of a running command.
func (s *streams) log() *slog.Logger { return s.display.Log() }

// maxThreads is the most that --threads may say: far above the cores of any machine.
const maxThreads = 4096

// open makes the display that the global flags ask for.
func (s *streams) open() error {
	format, err := progress.ParseFormat(s.global.logFormat)
	if err != nil {
		return usagef("--log_format: %w", err)
	}
	if s.global.threads < 1 || s.global.threads > maxThreads {
		return usagef("--threads %d: must be 1 to %d", s.global.threads, maxThreads)
	}
	s.raw, s.out = s.out, printable.NewWriter(s.out)
	s.display = progress.New(progress.Options{
		Out: s.err, TTY: s.errTTY && format == progress.Text, Width: s.width,
		Quiet: s.global.quiet, Verbose: s.global.verbose, Format: format,
	})
	return nil
}

// systemStreams are those of the process.
func systemStreams() *streams {
	return &streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		outTTY: isTerminal(os.Stdout), errTTY: isTerminal(os.Stderr),
		width: terminalWidth, fs: safefile.OS(),
	}
}

func isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// terminalWidth asks the terminal anew each time, since people resize windows.
func terminalWidth() int {
	for _, f := range []*os.File{os.Stderr, os.Stdout} {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}
