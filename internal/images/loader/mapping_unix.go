//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package loader

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// mapped is a file mapped into memory.
type mapped struct {
	file *os.File
	data []byte
}

// mapFile maps a file of size bytes, which is closed with the mapping.
func mapFile(f *os.File, size int64) (mapping, error) {
	if int64(int(size)) != size {
		return nil, fmt.Errorf("%d bytes are too many to map into memory", size)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map into memory: %w", err)
	}
	return &mapped{file: f, data: data}, nil
}

func (m *mapped) read(dst []byte, offset int64) error {
	if offset < 0 || offset > int64(len(m.data))-int64(len(dst)) {
		return io.ErrUnexpectedEOF
	}
	copy(dst, m.data[offset:])
	return nil
}

func (m *mapped) close() error {
	return errors.Join(syscall.Munmap(m.data), m.file.Close())
}
