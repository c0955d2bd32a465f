package train

import (
	"fmt"
	"path/filepath"

	"csl/internal/config"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// mend writes again what was removed from the run's folder while the run went on, as far as that can be
// done, and says so. The saved state is written anew by every save.
func (t *trainer) mend() error {
	if !exists(t.folder.dir) {
		if err := t.folder.remake(); err != nil {
			return err
		}
		t.warnGone(t.folder.dir)
	}
	type named struct {
		log  *safefile.Log
		name string
	}
	all := []named{{t.logs.metrics, rundir.Metrics}, {t.logs.timings, rundir.Timings}}
	if e := t.logs.events; e != nil {
		all = append(all, named{e.log, rundir.Events})
	}
	for _, l := range all {
		gone, err := l.log.Restore()
		if err != nil {
			return err
		}
		if gone {
			t.warnGone(t.folder.path(l.name))
		}
	}
	settings := []string{rundir.Config}
	if t.cfg.Simulate.Type != config.SimulateNone {
		settings = append(settings, rundir.Labels)
	}
	for _, name := range settings {
		if path := t.folder.path(name); !exists(path) {
			t.warnGone(path)
			if err := t.writeSettings(); err != nil {
				return err
			}
		}
	}
	if !exists(t.folder.path(rundir.Skipped)) {
		t.skips.written = 0
	}
	if path := t.folder.path(rundir.Best); t.Best.Value != nil && !exists(path) && !t.bestGone {
		t.bestGone = true
		t.o.Display.Log().Warn(fmt.Sprintf("%q was removed while the run goes on; the next better weights, or the final ones, are written there", path))
	}
	return nil
}

func (t *trainer) warnGone(path string) {
	t.o.Display.Log().Warn(fmt.Sprintf("%q was removed while the run goes on; it is written again", filepath.ToSlash(path)))
}

// remake makes and locks a folder that was removed.
func (f *folder) remake() error {
	if err := f.fs.MkdirAll(f.dir); err != nil {
		return fmt.Errorf("make the run's folder: %w", err)
	}
	old := f.lock
	var err error
	if f.lock, err = safefile.LockDir(f.dir); err != nil {
		return err
	}
	_ = old.Unlock() // of a file that is gone
	return nil
}
