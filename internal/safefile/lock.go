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
// folder.
var ErrLocked = errors.New("in use")

// DirLock is the exclusive use of a folder.
type DirLock struct{ file *os.File }

// LockDir claims the existing folder dir for this process. The claim ends with
// [DirLock.Unlock] or with the process, however it dies: the operating system
// holds it, the small file .lock only names the holder. If somebody else has
// it, the error is [ErrLocked] and names the process.
func LockDir(dir string) (*DirLock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, explain(path, err)
	}
	taken, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %q: %w", dir, bare(err)), f.Close())
	}
	if !taken {
		err := fmt.Errorf("folder %q is %w by %s", dir, ErrLocked, holder(f))
		return nil, errors.Join(err, f.Close())
	}
	l := &DirLock{f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(explain(path, err), f.Close())
	}
	return l, nil
}

// sign writes this process's number into the lock file.
func (l *DirLock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// Unlock gives the folder free. The file .lock stays, empty: removing it could
// let two processes lock two files of that name.
func (l *DirLock) Unlock() error {
	terr := l.file.Truncate(0)
	if err := errors.Join(terr, l.file.Close()); err != nil {
		return fmt.Errorf("unlock %q: %w", filepath.Dir(l.file.Name()), bare(err))
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
