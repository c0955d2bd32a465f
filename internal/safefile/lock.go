package safefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file in a folder that its user holds locked.
const lockName = ".lock"

// ErrLocked says that another process (or another part of this one) holds a
// folder or a file.
var ErrLocked = errors.New("in use")

// Lock is the exclusive use of a folder or a file.
type Lock struct{ file *os.File }

// LockDir claims the existing folder dir for this process. The claim ends with
// [Lock.Unlock] or with the process, however it dies: the operating system
// holds it, the small file .lock only names the holder. If somebody else has
// it, the error is [ErrLocked] and names the process.
func LockDir(dir string) (*Lock, error) {
	return claim(filepath.Join(dir, lockName), fmt.Sprintf("folder %q", dir))
}

// LockFile is [LockDir] of one file, which need not exist: the small file is .NAME.lock beside it.
func LockFile(path string) (*Lock, error) {
	dir, name := filepath.Split(path)
	return claim(filepath.Join(dir, "."+name+lockName), fmt.Sprintf("file %q", path))
}

// claim locks the file at path; what says for what.
func claim(path, what string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, explain(path, err)
	}
	taken, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", what, bare(err)), f.Close())
	}
	if !taken {
		err := fmt.Errorf("%s is %w by %s", what, ErrLocked, holder(f))
		return nil, errors.Join(err, f.Close())
	}
	l := &Lock{f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(explain(path, err), f.Close())
	}
	return l, nil
}

// sign writes this process's number into the lock file.
func (l *Lock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// Unlock gives the folder or the file free. The small file stays, empty: removing it could
// let two processes lock two files of that name.
func (l *Lock) Unlock() error {
	terr := l.file.Truncate(0)
	if err := errors.Join(terr, l.file.Close()); err != nil {
		return fmt.Errorf("unlock %q: %w", l.file.Name(), bare(err))
	}
	return nil
}

// holder names whoever holds the locked file f.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(io.NewSectionReader(f, 0, 32), 32))
	pid := strings.TrimSpace(string(text))
	if _, perr := strconv.Atoi(pid); err != nil || perr != nil {
		return "another process"
	}
	if pid == strconv.Itoa(os.Getpid()) {
		return "this process (" + pid + ") already"
	}
	return "process " + pid
}
