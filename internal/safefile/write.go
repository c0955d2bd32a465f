package safefile

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bufferSize is how much is gathered before a write call.
const bufferSize = 256 << 10

// tempMark is in every temporary name, and in no name csl gives to a result.
const tempMark = ".csltmp-"

// Write makes path hold what write produces, or leaves everything as it was.
//
// The bytes go through a buffer to a new file beside path; that file is
// synced, closed and renamed over path, and the folder is synced. On any error
// (also one that write returns, which is passed on wrapped) the new file is
// removed and an older file at path keeps its content. A link is followed; a
// device or pipe such as /dev/stdout is written to directly.
func Write(fsys FS, path string, write func(io.Writer) error) error {
	if link, err := filepath.EvalSymlinks(path); err == nil {
		path = link
	}
	perm := fs.FileMode(0o666)
	info, err := fsys.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("write %q: is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return writeThrough(fsys, path, write)
	case err == nil:
		perm = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return explain(path, err)
	}
	temp := tempName(path)
	if err := writeNew(fsys, temp, path, perm, write); err != nil {
		return err
	}
	if err := fsys.Rename(temp, path); err != nil {
		return errors.Join(explain(path, err), dropTemp(fsys, temp))
	}
	if err := fsys.SyncDir(filepath.Dir(path)); err != nil {
		return explain(path, err)
	}
	return nil
}

// WriteBytes is [Write] of content that is already there.
func WriteBytes(fsys FS, path string, content []byte) error {
	return Write(fsys, path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// IsTemp tells whether name is one that a killed writer may have left behind.
func IsTemp(name string) bool { return strings.Contains(filepath.Base(name), tempMark) }

// tempName is a hidden name beside path that nothing else uses.
func tempName(path string) string {
	var r [6]byte
	_, _ = rand.Read(r[:]) // never fails (crypto/rand)
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+tempMark+hex.EncodeToString(r[:]))
}

// writeNew makes the file at, complete and synced, for the sake of target
// (named in errors), and removes it on any error.
func writeNew(fsys FS, at, target string, perm fs.FileMode, write func(io.Writer) error) error {
	f, err := fsys.Create(at, perm)
	if err != nil {
		return explain(target, err)
	}
	err = fill(f, write)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return errors.Join(explain(target, err), dropTemp(fsys, at))
	}
	return nil
}

// fill runs write through a buffer.
func fill(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, bufferSize)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// writeThrough serves targets that cannot be renamed over.
func writeThrough(fsys FS, path string, write func(io.Writer) error) error {
	f, err := fsys.OpenWrite(path)
	if err != nil {
		return explain(path, err)
	}
	err = fill(f, write)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return explain(path, err)
	}
	return nil
}

// dropTemp removes a temporary file; that it is gone already is fine.
func dropTemp(fsys FS, path string) error {
	err := fsys.Remove(path)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("remove temporary file %q: %w", path, bare(err))
}
