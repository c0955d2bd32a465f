package codec

import (
	"image"
	"image/color"
	"os"
	"testing"

	"csl/internal/images"
	"csl/internal/images/imagestest"
)

func TestConvertDividesAlphaOut(t *testing.T) {
	small := image.NewRGBA(image.Rect(0, 0, 2, 2))
	large := image.NewRGBA64(image.Rect(0, 0, 2, 2))
	for i, c := range []color.NRGBA{{200, 100, 50, 255}, {200, 100, 50, 128}, {200, 100, 50, 0}, {255, 255, 255, 51}} {
		small.Set(i%2, i/2, c)
		large.Set(i%2, i/2, c)
	}
	want := &images.RGB{W: 2, H: 2, Pix: []uint8{200, 100, 50, 200, 100, 50, 0, 0, 0, 255, 255, 255}}
	for _, img := range []image.Image{small, large} {
		m := new(images.RGB)
		imagestest.Must(t, convert(m, img, nil))
		if d := imagestest.Compare(t, m, want); d.Max > 1 {
			t.Errorf("%T: %v, want %v", img, m.Pix, want.Pix)
		}
	}
}

func TestConvertRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, img := range []image.Image{image.NewUniform(color.White), image.NewAlpha(image.Rect(0, 0, 3, 3)), image.NewGray(image.Rectangle{})} {
		if err := convert(new(images.RGB), img, nil); err == nil {
			t.Errorf("%T: no error", img)
		}
	}
}

func TestEXIFOrientationOfOddDirectoriesIsUpright(t *testing.T) {
	entry := func(kind, count, value string) string {
		return "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12" + kind + count + value + "\x00\x00"
	}
	for data, want := range map[string]int{
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x06"):           6,
		entry("\x00\x04", "\x00\x00\x00\x01", "\x00\x06"):           1,
		entry("\x00\x03", "\x00\x00\x00\x02", "\x00\x06"):           1,
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x09"):           1,
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x00"):           1,
		entry("\x00\x03", "\x00\x00\x00\x01", "\x00\x06")[:20]:      1,
		"XX\x00*\x00\x00\x00\x08":                                   1,
		"MM\x00*\xff\xff\xff\xff":                                   1,
		"MM\x00*\x00\x00\x00\x08\xff\xff" + "\x01\x00\x00\x03" + "": 1,
	} {
		if got := exifOrientation([]byte(data)); got != want {
			t.Errorf("%q: %d, want %d", data, got, want)
		}
	}
}

// readFixture reads and decodes a file of testdata.
func readFixture(t testing.TB, path string, o Options) *images.RGB {
	t.Helper()
	data, err := os.ReadFile(path)
	imagestest.Must(t, err)
	m, _, err := Decode(data, o)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return m
}
