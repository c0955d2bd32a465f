package safefile

import (
	"errors"

	"golang.org/x/sys/windows"
)

// syncDir does nothing: Windows has no call that flushes a folder, and NTFS
// journals its names.
func syncDir(string) error { return nil }

// noSpace tells whether err means that the disk is full.
func noSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
