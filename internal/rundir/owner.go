package rundir

import (
	"os"
	"path/filepath"

	"csl/internal/safefile"
)

// files are those of a run, by what is in the folder itself.
var files = [...]string{Config, Labels, Metrics, Timings, Events, Best, Prior, Report, Skipped, Test, TestScores}

// Owner is the run directory, as an absolute path, that the file at path belongs to: it has one of the names above or
// is part of the saved state. It is "" for other files, wherever they lie, and for what does not exist.
func Owner(path string) (dir string) {
	file, err := filepath.EvalSymlinks(path)
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return ""
	}
	dir = filepath.Dir(file)
	if isRun(dir) && (safefile.Owns(filepath.Base(file)) || owns(dir, file)) {
		return dir
	}
	if up := filepath.Dir(dir); safefile.Owns(filepath.Base(dir)) && isRun(up) { // a file of a saved state
		return up
	}
	return ""
}

// isRun tells a run directory: it has a configuration, and logs, weights or a saved state.
func isRun(dir string) bool {
	has := func(name string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && info.Mode().IsRegular()
	}
	return has(Config) && (has(Metrics) || has(Best) || has(safefile.Last))
}

// owns tells whether the file at path is one of the named files in dir, under whatever spelling of its name.
func owns(dir, path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, name := range files {
		if own, err := os.Stat(filepath.Join(dir, name)); err == nil && os.SameFile(own, info) {
			return true
		}
	}
	return false
}
