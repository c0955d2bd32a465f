// Package safefile is the only way in which csl writes files.
//
// What it promises: a file appears under its name only when it is complete and
// on the disk, an older file of that name survives every failure untouched,
// and a failed write leaves nothing behind. [Write] does this for one file,
// [SaveGeneration] for a folder of files that belong together, [Log] for a
// file that grows line by line. [LockDir] keeps two processes from writing to
// one folder.
//
// All of it goes through [FS], so that a test can make any single step fail
// (package faultfs). File formats do not belong here.
package safefile

import (
	"io"
	"io/fs"
)

// FS is what this package asks of a file system. Only steps that change
// something, and the questions a writer must ask first, are part of it: plain
// reading is done with package os.
type FS interface {
	// Create makes a new file for writing and fails if path exists.
	Create(path string, perm fs.FileMode) (File, error)
	// OpenAppend opens path for appending and makes it if it is missing.
	OpenAppend(path string) (File, error)
	// OpenWrite opens an existing path for writing as it is (a device, a pipe).
	OpenWrite(path string) (File, error)
	// Rename moves a file or a folder, over an existing file if there is one.
	Rename(from, to string) error
	// Remove deletes a file or an empty folder.
	Remove(path string) error
	// RemoveAll deletes path and all below it; a missing path is not an error.
	RemoveAll(path string) error
	// Mkdir makes one folder and fails if path exists.
	Mkdir(path string) error
	// MkdirAll makes a folder and its parents; an existing one is not an error.
	MkdirAll(path string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(path string) error
	// Stat follows links.
	Stat(path string) (fs.FileInfo, error)
	// ReadDir lists a folder by name.
	ReadDir(path string) ([]fs.DirEntry, error)
}

// File is an open file of an [FS].
type File interface {
	io.Writer
	// Sync makes the content durable.
	Sync() error
	// Truncate cuts the file to size bytes.
	Truncate(size int64) error
	// Size is the present length in bytes.
	Size() (int64, error)
	Close() error
}
