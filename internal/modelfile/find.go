package modelfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"csl/internal/checkpoint"
	"csl/internal/model"
	"csl/internal/rundir"
)

// OpenFile opens the checkpoint that a path means and selects its weights. The caller closes it.
func OpenFile(path string, v checkpoint.Variant) (*checkpoint.File, error) {
	path, err := Find(path)
	if err != nil {
		return nil, err
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	if err := f.Select(v); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Architecture is the architecture of the checkpoint that a path means; its NumClasses is 0 without a
// head that csl has. Its weights are not read.
func Architecture(path string, v checkpoint.Variant) (model.Spec, error) {
	f, err := OpenFile(path, v)
	if err != nil {
		return model.Spec{}, err
	}
	sd, err := checkpoint.Interpret(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return model.Spec{}, err
	}
	return sd.Spec, nil
}

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
