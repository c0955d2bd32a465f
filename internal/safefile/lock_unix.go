//go:build unix

package safefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the exclusive lock of f without waiting.
func tryLock(f *os.File) (bool, error) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// shareLock takes a lock of f that others may have as well, but not beside the
// exclusive one, whose end it waits for.
func shareLock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_SH) }
