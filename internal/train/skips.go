package train

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"csl/internal/images/loader"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// skips are the images left out of a run, each once, as lines for people. Loading goroutines add
// to it.
type skips struct {
	mu      sync.Mutex
	lines   []string
	written int // lines in the file
}

// add notes an image of a split ("train", "val") and tells whether it is new.
func (s *skips) add(split string, b loader.Skipped) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := split + ": " + b.String()
	if slices.Contains(s.lines, line) {
		return false
	}
	s.lines = append(s.lines, line)
	return true
}

// list is a sorted copy: the order in which broken images are found depends on the machine.
func (s *skips) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.lines))
}

// restore takes the lines of a saved state.
func (s *skips) restore(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range lines {
		if !slices.Contains(s.lines, line) {
			s.lines = append(s.lines, line)
		}
	}
}

// skip is told of images that turn out to be broken while they are loaded.
func (t *trainer) skip(split string) func(loader.Skipped) {
	return func(b loader.Skipped) {
		if t.skips.add(split, b) {
			t.o.Display.Log().Warn("left out: " + b.String())
		}
	}
}

// writeSkipped lists the images left out, if there are more than the file has, in a file of the
// run's folder.
func (t *trainer) writeSkipped() error {
	lines := t.skips.list()
	if len(lines) == t.skips.written {
		return nil
	}
	err := safefile.Write(t.o.FS, filepath.Join(t.dir, rundir.Skipped), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
		return err
	})
	if err == nil {
		t.skips.written = len(lines)
	}
	return err
}
