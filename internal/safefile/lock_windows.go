package safefile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockOffset lies behind anything the file ever holds: a locked range cannot
// be read by others, and they shall be able to read who holds it.
const lockOffset = 1 << 30

// tryLock takes the exclusive lock of f without waiting.
func tryLock(f *os.File) (bool, error) {
	at := &windows.Overlapped{Offset: lockOffset}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}

// shareLock takes a lock of f that others may have as well, but not beside the
// exclusive one, whose end it waits for.
func shareLock(f *os.File) error {
	at := &windows.Overlapped{Offset: lockOffset}
	return windows.LockFileEx(windows.Handle(f.Fd()), 0, 0, 1, 0, at)
}
