package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// explain turns what the operating system said about a step towards target
// into one clear line. The temporary name is not part of it: the user never
// asked for that file. The cause stays reachable with errors.Is.
func explain(target string, err error) error {
	cause := bare(err)
	dir := filepath.Dir(target)
	switch {
	case noSpace(cause):
		return fmt.Errorf("write %q: out of space: %w", target, cause)
	case errors.Is(cause, fs.ErrNotExist):
		return fmt.Errorf("write %q: folder %q is missing: %w", target, dir, cause)
	case errors.Is(cause, fs.ErrPermission):
		return fmt.Errorf("write %q: folder %q is not writable: %w", target, dir, cause)
	}
	return fmt.Errorf("write %q: %w", target, cause)
}

// bare unwraps the path and operation that package os put around a cause.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
