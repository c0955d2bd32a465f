package images_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"csl/internal/images"
	"csl/internal/images/imagestest"
)

func TestRGBIsAnImage(t *testing.T) {
	m := imagestest.Noise(9, 5, 2)
	var file bytes.Buffer
	imagestest.Must(t, png.Encode(&file, m))
	img, err := png.Decode(&file)
	imagestest.Must(t, err)
	got := imagestest.FromImage(img)
	if d := imagestest.Compare(t, got, m); d.Max != 0 {
		t.Errorf("through PNG: differs by %d", d.Max)
	}
	for _, p := range []image.Point{{-1, 0}, {0, -1}, {9, 0}, {0, 5}} {
		if c := m.At(p.X, p.Y); c != (color.NRGBA{A: 255}) {
			t.Errorf("at %v outside: %v", p, c)
		}
	}
}

func TestResetKeepsMemoryThatIsLargeEnough(t *testing.T) {
	m := images.NewRGB(10, 10)
	first := &m.Pix[0]
	m.Reset(5, 7)
	if m.W != 5 || m.H != 7 || len(m.Pix) != 105 || &m.Pix[0] != first {
		t.Errorf("%dx%d, %d samples", m.W, m.H, len(m.Pix))
	}
	m.Reset(20, 20)
	if len(m.Pix) != 1200 {
		t.Errorf("%d samples", len(m.Pix))
	}
}
