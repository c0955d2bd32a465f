package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"csl/internal/rundir"
	"csl/internal/safefile"
)

// folder is a run's folder: its lock, and the saved state to go on from.
type folder struct {
	fs       safefile.FS
	dir      string
	settings string // configText
	resume   bool
	lock     *safefile.Lock
	from     *safefile.Generation // the state to go on from; nil for a new run
}

func newFolder(o Options) (*folder, error) {
	settings, err := configText(o.Config)
	return &folder{fs: o.FS, dir: o.Config.Train.Out, settings: settings, resume: o.Resume}, err
}

// path is where a file of the folder lies.
func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// claim takes the folder if it is there. One that is not is made by ready, when it is known that there
// is something to put into it.
func (f *folder) claim() error {
	info, err := os.Stat(f.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.resume:
		return f.nothingSaved()
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the run's folder: %w", err)
	case !info.IsDir():
		return fmt.Errorf("the run's folder %q is a file", f.dir)
	}
	return f.take()
}

// ready makes the folder unless it is claimed already.
func (f *folder) ready() error {
	if f.lock != nil {
		return nil
	}
	if err := f.fs.MkdirAll(f.dir); err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	return f.take()
}

// take locks the folder. A saved run in it is not written over; one that is resumed must have been
// started with the same settings.
func (f *folder) take() error {
	var err error
	if f.lock, err = safefile.LockDir(f.dir); err != nil {
		return err
	}
	if f.resume {
		return f.findState()
	}
	g, err := safefile.ReadLast(f.dir)
	switch {
	case errors.Is(err, safefile.ErrNoGeneration):
		return nil
	case err != nil:
		return err
	case g.Step == 0 && !exists(f.path(rundir.Best)):
		return nil // a run that learnt nothing
	}
	return fmt.Errorf("%q holds a saved run: resume with --resume %s, or choose another --out", f.dir, f.dir)
}

// findState finds the state to go on from and makes sure that it was saved by a run with the same
// settings. What a killed writer left is removed.
func (f *folder) findState() error {
	g, err := safefile.LoadLast(f.dir)
	if errors.Is(err, safefile.ErrNoGeneration) {
		return f.nothingSaved()
	}
	if err == nil && g.Meta[sumKey] != sumOf(g.Meta[configKey]) {
		err = fmt.Errorf("%q is damaged: the configuration in it is not what was saved", f.path("last"))
	}
	if err == nil {
		err = sameSettings(g.Meta[configKey], f.settings)
	}
	if err != nil {
		return fmt.Errorf("resume %q: %w", f.dir, err)
	}
	f.from = g
	g.Sweep(f.fs)
	return nil
}

func (f *folder) nothingSaved() error {
	return fmt.Errorf("resume %q: nothing was saved there; start without --resume", f.dir)
}

// close gives the folder back.
func (f *folder) close() error {
	if f == nil || f.lock == nil {
		return nil
	}
	return f.lock.Unlock()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
