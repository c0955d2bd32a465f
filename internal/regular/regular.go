// Package regular opens files for reading without waiting for what may never come: pipes, sockets and devices are
// recognized before they are opened, and an open or a read that blocks (a network mount that is gone) ends with its
// context. What is in the files does not belong here.
package regular

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Check refuses what is not a regular file: folders, named pipes, sockets, devices.
func Check(path string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return fmt.Errorf("%q is a folder, not a file", path)
	case mode&fs.ModeNamedPipe != 0:
		return fmt.Errorf("%q is a named pipe: nothing may ever come from it; write the data to a file", path)
	case mode&fs.ModeSocket != 0:
		return fmt.Errorf("%q is a socket, not a file", path)
	}
	return fmt.Errorf("%q is a device, not a file", path)
}

// Stat is os.Stat of a regular file, or of a stream that whoever started the process opened, such as a shell's <(...).
// For everything else it is the error of [Check].
func Stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := Check(path, info); err != nil && (info.IsDir() || !inherited(path)) {
		return nil, err
	}
	return info, nil
}

// Open opens a regular file. The wait for a file system that does not answer ends with ctx; the attempt itself goes
// on behind the scenes, as nothing can stop it.
func Open(ctx context.Context, path string) (io.ReadCloser, error) {
	f, err := Wait(ctx, func() (*os.File, error) {
		if _, err := Stat(path); err != nil {
			return nil, err
		}
		return os.Open(path)
	}, func(f *os.File) { _ = f.Close() })
	if err != nil {
		return nil, err
	}
	return &file{ctx: ctx, f: f}, nil
}

// inherited reports whether a path names a stream of the process.
func inherited(path string) bool { return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") }

// file is an open file whose reads end with ctx.
type file struct {
	ctx   context.Context
	f     *os.File
	spare []byte // memory of the last read that ended, for the next one
}

// Read reads from the file, in the background where ctx can end: a blocked read is left alone then.
func (r *file) Read(p []byte) (int, error) {
	if r.ctx.Done() == nil {
		return r.f.Read(p)
	}
	type result struct {
		data []byte
		err  error
	}
	buf := r.spare
	r.spare = nil // a read that is left alone keeps it
	if cap(buf) < len(p) {
		buf = make([]byte, len(p))
	}
	buf = buf[:len(p)]
	got, err := Wait(r.ctx, func() (result, error) {
		n, err := r.f.Read(buf)
		return result{buf[:n], err}, nil
	}, func(result) {})
	if err != nil {
		return 0, err
	}
	r.spare = buf
	return copy(p, got.data), got.err
}

// Close closes the file.
func (r *file) Close() error { return r.f.Close() }

// Wait returns what f returns, or the error of ctx if that ends first; what f returns later goes to late.
func Wait[T any](ctx context.Context, f func() (T, error), late func(T)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, context.Cause(ctx)
	}
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				late(r.v)
			}
		}()
		return none, context.Cause(ctx)
	}
}
