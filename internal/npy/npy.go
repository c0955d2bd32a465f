// Package npy reads the NumPy .npy files that golden tests compare with: little-endian float32,
// int32 and uint8 arrays in C order, format versions 1 to 3. It does not write, and no command uses it.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Array is one array; exactly one of the slices is not nil. Elements are in C order.
type Array struct {
	Shape []int // empty for a scalar
	F32   []float32
	I32   []int32
	U8    []uint8
}

const (
	magic       = "\x93NUMPY"
	maxHeader   = 1 << 16
	maxElements = 1 << 28
)

var (
	descrRE = regexp.MustCompile(`'descr':\s*'([^']*)'`)
	orderRE = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	shapeRE = regexp.MustCompile(`'shape':\s*\(([0-9, ]*)\)`)
)

// ReadFile reads the array in a file.
func ReadFile(path string) (*Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	return a, nil
}

// Read reads one array.
func Read(r io.Reader) (*Array, error) {
	header, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	descr, order, shape := descrRE.FindStringSubmatch(header), orderRE.FindStringSubmatch(header), shapeRE.FindStringSubmatch(header)
	if descr == nil || order == nil || shape == nil {
		return nil, fmt.Errorf("npy header %q lacks descr, fortran_order or shape", header)
	}
	if order[1] == "True" {
		return nil, errors.New("npy array is in Fortran order")
	}
	a := &Array{}
	n := 1
	for _, f := range strings.Split(shape[1], ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		d, err := strconv.Atoi(f)
		if err != nil || d > maxElements || (d > 0 && n > maxElements/d) {
			return nil, fmt.Errorf("npy shape (%s) is too large", shape[1])
		}
		a.Shape = append(a.Shape, d)
		n *= d
	}
	return a, a.readData(r, descr[1], n)
}

func readHeader(r io.Reader) (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", fmt.Errorf("npy header: %w", err)
	}
	if string(head[:6]) != magic {
		return "", errors.New("not an npy file")
	}
	length := make([]byte, 2)
	if head[6] > 1 {
		length = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return "", fmt.Errorf("npy header: %w", err)
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxHeader {
		return "", fmt.Errorf("npy header of %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", fmt.Errorf("npy header: %w", err)
	}
	return string(text), nil
}

func (a *Array) readData(r io.Reader, descr string, n int) error {
	size := map[string]int{"<f4": 4, "<i4": 4, "|u1": 1}[descr]
	if size == 0 {
		return fmt.Errorf("npy element type %q is not supported", descr)
	}
	raw, err := io.ReadAll(io.LimitReader(r, int64(n*size)))
	if err != nil {
		return fmt.Errorf("npy data: %w", err)
	}
	if len(raw) != n*size {
		return fmt.Errorf("npy data: %d bytes, want %d: %w", len(raw), n*size, io.ErrUnexpectedEOF)
	}
	switch descr {
	case "<f4":
		a.F32 = make([]float32, n)
		for i := range a.F32 {
			a.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case "<i4":
		a.I32 = make([]int32, n)
		for i := range a.I32 {
			a.I32[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	default:
		a.U8 = raw
	}
	return nil
}
