package safefile

import (
	"os"
	"path/filepath"
	"strings"
)

// writersName is the file in a folder that all who write there with [Writing]
// hold locked together.
const writersName = ".writers"

// Writing tells other processes that this one writes files into the existing
// folder dir, until done is called or the process ends, however it dies: what
// [RemoveLeftovers] must know. Several may write at the same time. Where files
// cannot be locked, as on some network drives, it has no effect, and nothing
// is ever removed.
func Writing(dir string) (done func()) {
	path := filepath.Join(dir, writersName)
	for range 10 {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return func() {}
		}
		_ = shareLock(f) // as said
		if isAt(f, path) {
			return func() { leave(f, path) }
		}
		_ = f.Close() // another one removed the file between open and lock
	}
	return func() {}
}

// isAt reports whether path still names the open file f.
func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// leave ends a hold of the file at path; the last one removes it.
func leave(f *os.File, path string) {
	if alone, err := tryLock(f); err == nil && alone && isAt(f, path) {
		_ = os.Remove(path)
	}
	_ = f.Close()
}

// RemoveLeftovers removes from dir what killed writers of files whose names
// begin with prefix left under temporary names. All who write such files into
// dir must do so between [Writing] and its end: if anybody does now, nothing is
// removed. A failure is not an error; the next call tries again.
func RemoveLeftovers(fsys FS, dir, prefix string) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return
	}
	var left []string
	for _, e := range entries {
		if e.Type().IsRegular() && IsTemp(e.Name()) && strings.HasPrefix(e.Name(), "."+prefix) {
			left = append(left, filepath.Join(dir, e.Name()))
		}
	}
	if len(left) == 0 {
		return
	}
	path := filepath.Join(dir, writersName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return
	}
	defer leave(f, path)
	if alone, err := tryLock(f); err != nil || !alone || !isAt(f, path) {
		return
	}
	for _, path := range left {
		_ = fsys.Remove(path)
	}
}
