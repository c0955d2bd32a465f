package npy

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file makes a version 1 file around a header text and raw data.
func file(header string, data ...byte) []byte {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(append(b, header...), data...)
}

const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n"

func TestReadsFloatsInRowOrder(t *testing.T) {
	a, err := Read(bytes.NewReader(file(dict, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Shape, []int{1, 2}) || !slices.Equal(a.F32, []float32{1, -2}) {
		t.Errorf("read %v %v", a.Shape, a.F32)
	}
}

func TestReadsIntegersBytesAndScalars(t *testing.T) {
	a, err := Read(bytes.NewReader(file("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }", 0xff, 0xff, 0xff, 0xff)))
	if err != nil || len(a.I32) != 1 || a.I32[0] != -1 {
		t.Errorf("int32: %v, %v", a, err)
	}
	a, err = Read(bytes.NewReader(file("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", 7)))
	if err != nil || len(a.Shape) != 0 || a.U8[0] != 7 {
		t.Errorf("uint8 scalar: %v, %v", a, err)
	}
}

func TestReadFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.npy")
	if err := os.WriteFile(path, []byte("hello, world"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "bad.npy") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadFile(path + "x"); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
}

func TestBrokenFilesAreErrors(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":     nil,
		"cut data":  file(dict, 1, 2, 3),
		"fortran":   file(strings.Replace(dict, "False", "True", 1), make([]byte, 8)...),
		"float64":   file(strings.Replace(dict, "<f4", "<f8", 1), make([]byte, 16)...),
		"no shape":  file("{'descr': '<f4', 'fortran_order': False}"),
		"too large": file(strings.Replace(dict, "1, 2", "99999999, 99999999", 1)),
	} {
		if a, err := Read(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: read %v", name, a)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(dict, make([]byte, 8)...))
	f.Add(file(dict))
	f.Add([]byte(magic + "\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Read(io.LimitReader(bytes.NewReader(b), 1<<20))
		if err != nil {
			return
		}
		n := 1
		for _, d := range a.Shape {
			n *= d
		}
		if len(a.F32)+len(a.I32)+len(a.U8) != n {
			t.Errorf("shape %v with %d elements", a.Shape, n)
		}
	})
}
