//go:build unix

package safefile

import "golang.org/x/sys/unix"

// mayWrite asks the system whether files may be made in a folder.
func mayWrite(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
