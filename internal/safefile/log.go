package safefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Log is a file that only grows, by whole lines or records. It is for one goroutine.
type Log struct {
	fs     FS
	file   File
	back   *os.File // the same file, to read: what was written is still there when its name is gone
	path   string
	length int64
	broken error
}

// OpenLog opens the log at path and makes it if it is missing. What lies
// behind the first length bytes is cut off: a resumed run thus forgets what
// was logged after its last save. A file shorter than length is an error. A
// length below 0 keeps all of it.
func OpenLog(fsys FS, path string, length int64) (*Log, error) {
	f, err := fsys.OpenAppend(path)
	if err != nil {
		return nil, explain(path, err)
	}
	l := &Log{fs: fsys, file: f, path: path}
	if err := l.cut(length); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if l.back, err = os.Open(path); err != nil {
		return nil, errors.Join(fmt.Errorf("read %q: %w", path, bare(err)), f.Close())
	}
	if err := fsys.SyncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(explain(path, err), f.Close(), l.back.Close())
	}
	return l, nil
}

func (l *Log) cut(length int64) error {
	size, err := l.file.Size()
	if err != nil {
		return explain(l.path, err)
	}
	if length < 0 || length == size {
		l.length = size
		return nil
	}
	if length > size {
		return fmt.Errorf("log %q has %d bytes, but %d were there at the last save", l.path, size, length)
	}
	if err := l.file.Truncate(length); err != nil {
		return explain(l.path, err)
	}
	l.length = length
	return nil
}

// Append adds line and a newline, as AppendRecord does.
func (l *Log) Append(line []byte) error {
	whole := make([]byte, 0, len(line)+1)
	return l.AppendRecord(append(append(whole, line...), '\n'))
}

// AppendRecord adds whole as it is, in one write. If that fails, the part that
// was written is cut off again and the log stays usable; if that fails too,
// every later call answers with the same error.
func (l *Log) AppendRecord(whole []byte) error {
	if l.broken != nil {
		return l.broken
	}
	if _, err := l.file.Write(whole); err != nil {
		err = explain(l.path, err)
		if terr := l.file.Truncate(l.length); terr != nil {
			l.broken = err
		}
		return err
	}
	l.length += int64(len(whole))
	return nil
}

// AppendSync is Append and Sync: after it, the line survives a loss of power. A line may be several with line breaks between
// them. If syncing fails, nobody knows what is on disk, and every later call answers with the same error.
func (l *Log) AppendSync(line []byte) error {
	if err := l.Append(line); err != nil {
		return err
	}
	if err := l.Sync(); err != nil {
		l.broken = err
		return err
	}
	return nil
}

// Length is how many bytes of whole lines or records the log holds: what a save records.
func (l *Log) Length() int64 { return l.length }

// Restore writes the log again if somebody removed its file, and reports whether it had to.
func (l *Log) Restore() (bool, error) {
	if _, err := l.fs.Stat(l.path); !errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	err := Write(l.fs, l.path, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(l.back, 0, l.length))
		return err
	})
	if err != nil {
		return false, err
	}
	next, err := OpenLog(l.fs, l.path, l.length)
	if err != nil {
		return false, err
	}
	old := *l
	*l = *next
	return true, errors.Join(old.file.Close(), old.back.Close())
}

// Sync makes all lines durable.
func (l *Log) Sync() error {
	if err := l.file.Sync(); err != nil {
		return explain(l.path, err)
	}
	return nil
}

// Close syncs and closes the log.
func (l *Log) Close() error {
	err := l.Sync()
	if cerr := l.file.Close(); err == nil && cerr != nil {
		err = explain(l.path, cerr)
	}
	return errors.Join(err, l.back.Close())
}
