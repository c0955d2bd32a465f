package scores

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"csl/internal/npy"
)

// npyMagic begins NumPy files.
const npyMagic = "\x93NUMPY"

// npyFile is a matrix in an .npy file, read when it is asked for.
type npyFile struct {
	f       *os.File
	start   int64 // of the numbers
	classes int
	size    int // bytes of a number: 4 or 8
	pool    sync.Pool
}

// openNPY checks type and shape. It closes f on an error.
func openNPY(f *os.File, images, classes int) (m *npyFile, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	h, err := npy.ReadHeader(f)
	if err != nil {
		return nil, err
	}
	size := map[string]int{"<f4": 4, "<f8": 8}[h.Type]
	if size == 0 {
		return nil, fmt.Errorf("numbers of type %q: want float32 or float64, little-endian", h.Type)
	}
	if len(h.Shape) != 2 || h.Shape[0] != images || h.Shape[1] != classes {
		return nil, fmt.Errorf("shape %v: the labels have %d images (rows) of %d classes (columns)", h.Shape, images, classes)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if want := h.Start + int64(images)*int64(classes)*int64(size); info.Size() < want {
		return nil, fmt.Errorf("the file is cut short: %d bytes, want %d", info.Size(), want)
	}
	m = &npyFile{f: f, start: h.Start, classes: classes, size: size}
	m.pool.New = func() any { b := make([]byte, classes*size); return &b }
	return m, nil
}

// Scores implements Matrix.
func (m *npyFile) Scores(image, first int, dst []float32) error {
	if err := m.numbers(image, first, dst); err != nil {
		return err
	}
	for i, v := range dst {
		if v-v != 0 {
			return fmt.Errorf("row %d, column %d is %v, not a finite number", image, first+i, v)
		}
	}
	return nil
}

// numbers reads as Scores does, whatever the numbers are.
func (m *npyFile) numbers(image, first int, dst []float32) error {
	buf := m.pool.Get().(*[]byte)
	defer m.pool.Put(buf)
	raw := (*buf)[:len(dst)*m.size]
	if _, err := m.f.ReadAt(raw, m.start+(int64(image)*int64(m.classes)+int64(first))*int64(m.size)); err != nil {
		return fmt.Errorf("row %d: %w", image, err)
	}
	for i := range dst {
		if m.size == 4 {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		} else {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	}
	return nil
}

// Close implements Matrix.
func (m *npyFile) Close() error { return m.f.Close() }
