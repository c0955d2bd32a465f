package images

import (
	"os"
	"testing"

	"csl/internal/npy"
)

// readNPY reads an .npy file of uint8.
func readNPY(t testing.TB, path string) (shape []int, data []uint8) {
	t.Helper()
	a, err := npy.ReadFile(path)
	must(t, err)
	if a.U8 == nil {
		t.Fatalf("%s: not uint8", path)
	}
	return a.Shape, a.U8
}

// readNPYImage reads an [H,W,3] array as an image.
func readNPYImage(t testing.TB, path string) *RGB {
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

// difference is how two images of the same size differ.
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
