package modelfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"csl/internal/rundir"
)

// Find returns the checkpoint that a path means: itself, or the best weights of a run directory. A
// directory without them is an error; whatever else the path is, reading it will say.
func Find(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return path, nil
	}
	best := filepath.Join(path, rundir.Best)
	_, err = os.Stat(best)
	switch {
	case err == nil:
		return best, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("open checkpoint: %w", err)
	}
	if _, err := os.Stat(filepath.Join(path, rundir.Config)); err == nil {
		return "", fmt.Errorf("open checkpoint %q: this run has no %s yet", path, rundir.Best)
	}
	return "", fmt.Errorf("open checkpoint %q: it is a directory without %s: give a checkpoint or a run directory", path, rundir.Best)
}
