// Package lfs recognizes the pointers that Git LFS leaves in the place of files it did not fetch. How
// files are opened or read does not belong here.
package lfs

import (
	"bytes"
	"errors"
)

// ErrPointer says what a pointer is and what to do.
var ErrPointer = errors.New(`this is a Git LFS pointer, not the data: fetch it with "git lfs pull"`)

// IsPointer reports whether a file's first bytes are those of a pointer.
func IsPointer(head []byte) bool { return bytes.HasPrefix(head, []byte("version https://git-lfs")) }
