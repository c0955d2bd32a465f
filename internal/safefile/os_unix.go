//go:build unix

package safefile

import (
	"errors"
	"os"
	"syscall"
)

// syncDir flushes a folder. Some file systems (network and fuse mounts) have
// no such call and answer EINVAL or ENOTSUP: there is nothing more to do there.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}

// noSpace tells whether err means that the disk, the quota or the allowed file
// size is used up.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
