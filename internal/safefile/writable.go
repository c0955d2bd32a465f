package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// CheckWritable says early what [Write] would say late: that path is a folder, that its folder is missing, or that
// nothing may be written there. It leaves nothing behind.
func CheckWritable(fsys FS, path string) error {
	if link, err := filepath.EvalSymlinks(path); err == nil {
		path = link
	}
	info, err := fsys.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("write %q: is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe: only writing can tell
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return explain(path, err)
	}
	dir := filepath.Dir(path)
	if info, err = fsys.Stat(dir); err != nil {
		return explain(path, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("write %q: %q is not a folder", path, dir)
	}
	if err := mayWrite(dir); err != nil {
		return fmt.Errorf("write %q: its folder: %w", path, err)
	}
	return nil
}
