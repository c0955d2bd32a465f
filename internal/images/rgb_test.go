package images

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func TestRGBIsAnImage(t *testing.T) {
	m := noise(9, 5, 2)
	var file bytes.Buffer
	must(t, png.Encode(&file, m))
	got, _, err := Decode(file.Bytes(), DecodeOptions{})
	must(t, err)
	if d := compare(t, got, m); d.max != 0 {
		t.Errorf("through PNG: differs by %d", d.max)
	}
	for _, p := range []image.Point{{-1, 0}, {0, -1}, {9, 0}, {0, 5}} {
		if c := m.At(p.X, p.Y); c != (color.NRGBA{A: 255}) {
			t.Errorf("at %v outside: %v", p, c)
		}
	}
}

func TestResetKeepsMemoryThatIsLargeEnough(t *testing.T) {
	m := NewRGB(10, 10)
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

func TestConvertDividesAlphaOut(t *testing.T) {
	small := image.NewRGBA(image.Rect(0, 0, 2, 2))
	large := image.NewRGBA64(image.Rect(0, 0, 2, 2))
	for i, c := range []color.NRGBA{{200, 100, 50, 255}, {200, 100, 50, 128}, {200, 100, 50, 0}, {255, 255, 255, 51}} {
		small.Set(i%2, i/2, c)
		large.Set(i%2, i/2, c)
	}
	want := &RGB{W: 2, H: 2, Pix: []uint8{200, 100, 50, 200, 100, 50, 0, 0, 0, 255, 255, 255}}
	for _, img := range []image.Image{small, large} {
		m := new(RGB)
		must(t, convert(m, img, nil))
		if d := compare(t, m, want); d.max > 1 {
			t.Errorf("%T: %v, want %v", img, m.Pix, want.Pix)
		}
	}
}

func TestConvertRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, img := range []image.Image{image.NewUniform(color.White), image.NewAlpha(image.Rect(0, 0, 3, 3)), image.NewGray(image.Rectangle{})} {
		if err := convert(new(RGB), img, nil); err == nil {
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
