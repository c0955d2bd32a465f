// Package faultfs makes a chosen step of a writer fail, for tests.
//
// It passes every call on to a real [safefile.FS] and counts the steps that
// can fail in real life. A test runs its writer once with a counting FS to
// learn how many steps there are, then once per step with that step failing,
// and checks what is left on the disk (see [Each]).
package faultfs

import (
	"fmt"
	"io/fs"
	"sync"
	"syscall"

	"csl/internal/safefile"
)

// Kind is a sort of step.
type Kind string

// The steps that are counted and can be made to fail.
const (
	Create   Kind = "create" // Create, OpenAppend, OpenWrite
	Write    Kind = "write"
	Sync     Kind = "sync" // a file's
	Truncate Kind = "truncate"
	Close    Kind = "close"
	Rename   Kind = "rename"
	Remove   Kind = "remove" // Remove and RemoveAll
	Mkdir    Kind = "mkdir"  // Mkdir and MkdirAll
	SyncDir  Kind = "syncdir"
)

// FS fails as told and otherwise does what the file system under it does. Its
// exported fields are set before use; it may be used by several goroutines.
type FS struct {
	// Under does the work; nil means safefile.OS().
	Under safefile.FS
	// FailAt is the number (from 1) of the step that fails; 0: none.
	FailAt int
	// Dead makes every step after the failing one fail as well, clean-up
	// included: what a killed process or a dead disk leaves behind.
	Dead bool
	// Bytes is how many bytes can be written in all before the disk is full; a
	// write that does not fit is cut short. Below 0: no limit, which New sets.
	Bytes int64
	// Err is the failure's cause; nil means ENOSPC.
	Err error

	mu      sync.Mutex
	steps   []Kind
	written int64
	failed  bool
}

// New is an FS over the machine's file system that fails at step failAt (0:
// never) with ENOSPC.
func New(failAt int) *FS { return &FS{FailAt: failAt, Bytes: -1} }

// Full is an FS on which n bytes fit.
func Full(n int64) *FS { return &FS{Bytes: n} }

// Steps lists the kinds of the steps asked for so far, in order.
func (f *FS) Steps() []Kind {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Kind(nil), f.steps...)
}

// Written is the number of bytes written so far.
func (f *FS) Written() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.written
}

// Each runs once on a faultless FS and then once for every step that run took,
// with that step failing. failing says which step ("3 rename", "" for none).
func Each(run func(fsys *FS, failing string)) {
	clean := New(0)
	run(clean, "")
	for i, kind := range clean.Steps() {
		run(New(i+1), fmt.Sprintf("%d %s", i+1, kind))
		dead := New(i + 1)
		dead.Dead = true
		run(dead, fmt.Sprintf("%d %s and all after it", i+1, kind))
	}
}

func (f *FS) under() safefile.FS {
	if f.Under == nil {
		return safefile.OS()
	}
	return f.Under
}

func (f *FS) cause() error {
	if f.Err == nil {
		return syscall.ENOSPC
	}
	return f.Err
}

// step counts one step and says whether it fails.
func (f *FS) step(kind Kind, path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps = append(f.steps, kind)
	if len(f.steps) == f.FailAt || f.failed && f.Dead {
		f.failed = true
		return &fs.PathError{Op: string(kind), Path: path, Err: f.cause()}
	}
	return nil
}

// room says how many of n bytes still fit.
func (f *FS) room(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Bytes >= 0 && f.written+int64(n) > f.Bytes {
		n = int(f.Bytes - f.written)
	}
	f.written += int64(n)
	return n
}

// Create implements safefile.FS.
func (f *FS) Create(path string, perm fs.FileMode) (safefile.File, error) {
	return f.open(path, func() (safefile.File, error) { return f.under().Create(path, perm) })
}

// OpenAppend implements safefile.FS.
func (f *FS) OpenAppend(path string) (safefile.File, error) {
	return f.open(path, func() (safefile.File, error) { return f.under().OpenAppend(path) })
}

// OpenWrite implements safefile.FS.
func (f *FS) OpenWrite(path string) (safefile.File, error) {
	return f.open(path, func() (safefile.File, error) { return f.under().OpenWrite(path) })
}

func (f *FS) open(path string, open func() (safefile.File, error)) (safefile.File, error) {
	if err := f.step(Create, path); err != nil {
		return nil, err
	}
	g, err := open()
	if err != nil {
		return nil, err
	}
	return &file{File: g, fs: f, path: path}, nil
}

// Rename implements safefile.FS.
func (f *FS) Rename(from, to string) error {
	if err := f.step(Rename, to); err != nil {
		return err
	}
	return f.under().Rename(from, to)
}

// Remove implements safefile.FS.
func (f *FS) Remove(path string) error {
	if err := f.step(Remove, path); err != nil {
		return err
	}
	return f.under().Remove(path)
}

// RemoveAll implements safefile.FS.
func (f *FS) RemoveAll(path string) error {
	if err := f.step(Remove, path); err != nil {
		return err
	}
	return f.under().RemoveAll(path)
}

// Mkdir implements safefile.FS.
func (f *FS) Mkdir(path string) error {
	if err := f.step(Mkdir, path); err != nil {
		return err
	}
	return f.under().Mkdir(path)
}

// MkdirAll implements safefile.FS.
func (f *FS) MkdirAll(path string) error {
	if err := f.step(Mkdir, path); err != nil {
		return err
	}
	return f.under().MkdirAll(path)
}

// SyncDir implements safefile.FS.
func (f *FS) SyncDir(path string) error {
	if err := f.step(SyncDir, path); err != nil {
		return err
	}
	return f.under().SyncDir(path)
}

// Stat implements safefile.FS; it never fails on its own.
func (f *FS) Stat(path string) (fs.FileInfo, error) { return f.under().Stat(path) }

// ReadDir implements safefile.FS; it never fails on its own.
func (f *FS) ReadDir(path string) ([]fs.DirEntry, error) { return f.under().ReadDir(path) }

// file counts and fails the steps of one open file.
type file struct {
	safefile.File
	fs   *FS
	path string
}

func (f *file) Write(p []byte) (int, error) {
	if err := f.fs.step(Write, f.path); err != nil {
		return 0, err
	}
	fits := f.fs.room(len(p))
	n, err := f.File.Write(p[:fits])
	if err == nil && n < len(p) {
		err = &fs.PathError{Op: "write", Path: f.path, Err: f.fs.cause()}
	}
	return n, err
}

func (f *file) Sync() error {
	if err := f.fs.step(Sync, f.path); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *file) Truncate(size int64) error {
	if err := f.fs.step(Truncate, f.path); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Close always closes the file under it, so that tests leak nothing.
func (f *file) Close() error {
	err := f.fs.step(Close, f.path)
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}
