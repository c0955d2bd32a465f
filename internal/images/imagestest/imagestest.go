// Package imagestest has what tests of images share. Nothing but tests may import it.
package imagestest

import (
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"testing"

	"csl/internal/images"
	"csl/internal/npy"
)

// ReadNPY reads an .npy file of uint8.
func ReadNPY(t testing.TB, path string) (shape []int, data []uint8) {
	t.Helper()
	a, err := npy.ReadFile(path)
	Must(t, err)
	if a.U8 == nil {
		t.Fatalf("%s: not uint8", path)
	}
	return a.Shape, a.U8
}

// ReadImage reads an [H,W,3] array as an image.
func ReadImage(t testing.TB, path string) *images.RGB {
	t.Helper()
	shape, data := ReadNPY(t, path)
	if len(shape) != 3 || shape[2] != 3 {
		t.Fatalf("%s: shape %v", path, shape)
	}
	return &images.RGB{W: shape[1], H: shape[0], Pix: data}
}

// Difference is how two images of the same size differ.
type Difference struct {
	Max      int     // largest difference of a value
	Mean     float64 // mean absolute difference
	Exceeded float64 // share of samples that differ by more than 1
}

// Compare says how two images of one size differ; others fail the test.
func Compare(t testing.TB, got, want *images.RGB) (d Difference) {
	t.Helper()
	if got.W != want.W || got.H != want.H || len(got.Pix) != len(want.Pix) {
		t.Fatalf("got %dx%d (%d samples), want %dx%d (%d)", got.W, got.H, len(got.Pix), want.W, want.H, len(want.Pix))
	}
	sum, over := 0, 0
	for i := range got.Pix {
		e := int(got.Pix[i]) - int(want.Pix[i])
		e = max(e, -e)
		d.Max = max(d.Max, e)
		sum += e
		if e > 1 {
			over++
		}
	}
	d.Mean = float64(sum) / float64(len(got.Pix))
	d.Exceeded = float64(over) / float64(len(got.Pix))
	return d
}

// Noise is an image of random samples, the worst case for an interpolation.
func Noise(w, h int, seed uint64) *images.RGB {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := images.NewRGB(w, h)
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.Uint32())
	}
	return m
}

// Must fails the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// FromImage copies an opaque image.
func FromImage(img image.Image) *images.RGB {
	b := img.Bounds()
	m := images.NewRGB(b.Dx(), b.Dy())
	for y := range m.H {
		row := m.Row(y)
		for x := range m.W {
			r, g, b, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			row[3*x], row[3*x+1], row[3*x+2] = uint8(r>>8), uint8(g>>8), uint8(b>>8)
		}
	}
	return m
}

// ReadPNG reads an opaque PNG file with the standard library.
func ReadPNG(t testing.TB, path string) *images.RGB {
	t.Helper()
	f, err := os.Open(path)
	Must(t, err)
	img, err := png.Decode(f)
	Must(t, err)
	Must(t, f.Close())
	return FromImage(img)
}
