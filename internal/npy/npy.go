// Package npy reads NumPy .npy files of format versions 1 to 3, arrays in C order: their header, and, for the golden
// tests, whole arrays of little-endian float32, int32 and uint8; it writes matrices of float32.
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
	Shape []int     // empty for a scalar
	F32   []float32 // of descr <f4
	I32   []int32   // of descr <i4
	U8    []uint8   // of descr |u1
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
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	a := &Array{Shape: h.Shape}
	n := 1
	for _, d := range h.Shape {
		if d > maxElements || d > 0 && n > maxElements/d {
			return nil, fmt.Errorf("npy shape %v is too large", h.Shape)
		}
		n *= d
	}
	return a, a.readData(r, h.Type, n)
}

// Header is what an .npy file says of its array.
type Header struct {
	Type  string // as NumPy writes it: "<f4"
	Shape []int  // empty for a scalar
	Start int64  // byte at which the elements begin
}

// ReadHeader reads up to the elements. Arrays in Fortran order are an error.
func ReadHeader(r io.Reader) (Header, error) {
	header, start, err := readHeader(r)
	if err != nil {
		return Header{}, err
	}
	descr, order, shape := descrRE.FindStringSubmatch(header), orderRE.FindStringSubmatch(header), shapeRE.FindStringSubmatch(header)
	if descr == nil || order == nil || shape == nil {
		return Header{}, fmt.Errorf("npy header %q lacks descr, fortran_order or shape", header)
	}
	if order[1] == "True" {
		return Header{}, errors.New("npy array is in Fortran order: save numpy.ascontiguousarray(a)")
	}
	h := Header{Type: descr[1], Start: start}
	for _, f := range strings.Split(shape[1], ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		d, err := strconv.Atoi(f)
		if err != nil {
			return Header{}, fmt.Errorf("npy shape (%s) is too large", shape[1])
		}
		h.Shape = append(h.Shape, d)
	}
	return h, nil
}

func readHeader(r io.Reader) (text string, start int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", 0, fmt.Errorf("npy header: %w", err)
	}
	if string(head[:6]) != magic {
		return "", 0, errors.New("not an npy file")
	}
	length := make([]byte, 2)
	if head[6] > 1 {
		length = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return "", 0, fmt.Errorf("npy header: %w", err)
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxHeader {
		return "", 0, fmt.Errorf("npy header of %d bytes", n)
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return "", 0, fmt.Errorf("npy header: %w", err)
	}
	return string(raw), int64(len(head)+len(length)) + int64(n), nil
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
