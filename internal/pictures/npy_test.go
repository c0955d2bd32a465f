package pictures

import (
	"bytes"
	"encoding/binary"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// readNPY reads a little-endian version 1 .npy file of uint8.
func readNPY(t testing.TB, path string) (shape []int, data []uint8) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(raw, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("%s: not a version 1 npy file", path)
	}
	end := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	head := string(raw[10:end])
	if !strings.Contains(head, "'|u1'") || !strings.Contains(head, "'fortran_order': False") {
		t.Fatalf("%s: want C order uint8, header %s", path, head)
	}
	n := 1
	dims := regexp.MustCompile(`'shape': \(([^)]*)\)`).FindStringSubmatch(head)[1]
	for f := range strings.SplitSeq(dims, ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		d, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		shape = append(shape, d)
		n *= d
	}
	if len(raw)-end != n {
		t.Fatalf("%s: %d bytes of data for shape %v", path, len(raw)-end, shape)
	}
	return shape, raw[end:]
}

// readNPYPicture reads an [H,W,3] array as a picture.
func readNPYPicture(t testing.TB, path string) *RGB {
	t.Helper()
	shape, data := readNPY(t, path)
	if len(shape) != 3 || shape[2] != 3 {
		t.Fatalf("%s: shape %v", path, shape)
	}
	return &RGB{W: shape[1], H: shape[0], Pix: data}
}

// readFixture reads and decodes a file of testdata.
func readFixture(t testing.TB, path string, o DecodeOptions) *RGB {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := Decode(data, o)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}

// difference is how two pictures of the same size differ.
type difference struct {
	max      int
	mean     float64
	exceeded float64 // share of samples that differ by more than 1
}

func compare(t testing.TB, got, want *RGB) (d difference) {
	t.Helper()
	if got.W != want.W || got.H != want.H || len(got.Pix) != len(want.Pix) {
		t.Fatalf("got %dx%d (%d samples), want %dx%d (%d)", got.W, got.H, len(got.Pix), want.W, want.H, len(want.Pix))
	}
	sum, over := 0, 0
	for i := range got.Pix {
		e := int(got.Pix[i]) - int(want.Pix[i])
		e = max(e, -e)
		d.max = max(d.max, e)
		sum += e
		if e > 1 {
			over++
		}
	}
	d.mean = float64(sum) / float64(len(got.Pix))
	d.exceeded = float64(over) / float64(len(got.Pix))
	return d
}
