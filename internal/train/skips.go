package train

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"csl/internal/images/loader"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// skips are the skipped images of a run, each once, as lines for people. Loading goroutines add
// to it.
type skips struct {
	mu      sync.Mutex
	lines   map[string]bool
	written int // lines in the file
}

// add notes an image of a split ("train", "val") and tells whether it is new.
func (s *skips) add(split string, b loader.Skipped) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := split + ": " + b.String()
	if s.lines[line] {
		return false
	}
	s.lines[line] = true
	return true
}

// addAll notes images of a split.
func (s *skips) addAll(split string, all []loader.Skipped) {
	for _, b := range all {
		s.add(split, b)
	}
}

// list is a sorted copy: the order in which broken images are found depends on the machine.
func (s *skips) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.lines))
}

// restore takes the lines of a saved state.
func (s *skips) restore(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range lines {
		s.lines[line] = true
	}
}

// watch is told of images that turn out to be broken while they are loaded, and warns.
func (s *skips) watch(split string, log logger) func(loader.Skipped) {
	return func(b loader.Skipped) {
		if s.add(split, b) {
			log.Warn("skipped: " + b.String())
		}
	}
}

// write lists the skipped images, if there are more than the file has, in a file of the run's folder.
func (s *skips) write(f *folder) error {
	lines := s.list()
	if len(lines) == s.written {
		return nil
	}
	err := safefile.WriteBytes(f.fs, f.path(rundir.Skipped), []byte(strings.Join(lines, "\n")+"\n"))
	if err == nil {
		s.written = len(lines)
	}
	return err
}

// gather gives all ranks the skipped images of all. Those that this one did not know are told of.
func (s *skips) gather(r *ranks, log logger) error {
	if r.alone() {
		return nil
	}
	all, err := gatherJSON(r.group, s.list())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, lines := range all {
		for _, line := range lines {
			if !s.lines[line] {
				s.lines[line] = true
				log.Warn("skipped: " + line)
			}
		}
	}
	return nil
}
