//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package loader

import "os"

// mapped is a file that is read where it is asked for.
type mapped struct{ file *os.File }

func mapFile(f *os.File, _ int64) (mapping, error) { return &mapped{f}, nil }

func (m *mapped) read(dst []byte, offset int64) error {
	_, err := m.file.ReadAt(dst, offset)
	return err
}

func (m *mapped) close() error { return m.file.Close() }
