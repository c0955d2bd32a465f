package jpeg

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	stdjpeg "image/jpeg"
	"strings"
	"testing"

	"csl/internal/images"
)

func TestPixelsAreThoseOfPillow(t *testing.T) {
	for set, d := range decoders() {
		for name, want := range goldens(t) {
			m, err := decode(t, d, read(t, name))
			if err != nil {
				t.Errorf("%s, %s: %v", set, name, err)
				continue
			}
			sum := sha256.Sum256(m.pix)
			if m.w != want.Width || m.h != want.Height || hex.EncodeToString(sum[:]) != want.SHA256 {
				t.Errorf("%s, %s: other pixels", set, name)
			}
		}
	}
}

// The standard library's inverse DCT rounds differently.
func TestPlanesAreNearTheStandardLibrarys(t *testing.T) {
	for _, name := range []string{"41x35_444.jpg", "41x35_444p.jpg", "gray.jpg"} {
		data := read(t, name)
		m, err := decode(t, NewDecoder(false), data)
		if err != nil {
			t.Fatal(err)
		}
		img, err := stdjpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for y := range m.h {
			for x := range m.w {
				if got, want := luma(m, x, y), stdLuma(img, x, y); got-want > 4 || want-got > 4 {
					t.Fatalf("%s: pixel %d,%d is %d, the standard library has %d", name, x, y, got, want)
				}
			}
		}
	}
}

func luma(m *memory, x, y int) int {
	p := m.pix[3*(y*m.w+x):]
	return (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2]) + 500) / 1000
}

func stdLuma(img image.Image, x, y int) int {
	r, g, b, _ := img.At(x, y).RGBA()
	return (299*int(r>>8) + 587*int(g>>8) + 114*int(b>>8) + 500) / 1000
}

func TestADecoderIsReusedWithoutATrace(t *testing.T) {
	d := NewDecoder(false)
	for _, name := range []string{"41x35_420p.jpg", "no_tables.jpg", "cmyk.jpg", "1x1_444.jpg", "41x35_420p.jpg", "sampling_2x4.jpg"} {
		got, err := decode(t, d, read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := decode(t, NewDecoder(false), read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.pix, want.pix) {
			t.Errorf("%s: other pixels from a decoder that was used before", name)
		}
	}
}

func TestDecodingAllocatesNothingOnceItHasMemory(t *testing.T) {
	for _, name := range []string{"41x35_420.jpg", "41x35_420p.jpg"} {
		data, d := read(t, name), NewDecoder(false)
		m := newMemory(41, 35)
		run := func() {
			if err := d.Decode(data, m); err != nil {
				t.Fatal(err)
			}
		}
		run()
		// What is left are scan headers and closures, a few for each scan.
		if n := testing.AllocsPerRun(5, run); n > 120 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestEveryPrefixIsAnError(t *testing.T) {
	for _, name := range []string{"17x9_420.jpg", "17x9_420p.jpg", "restart7.jpg"} {
		data, d := read(t, name), NewDecoder(false)
		for n := range len(data) {
			if _, err := decode(t, d, data[:n]); err == nil {
				t.Errorf("%s: no error for %d of %d bytes", name, n, len(data))
			}
		}
	}
}

func TestUnsupportedKindsAreNamed(t *testing.T) {
	data := read(t, "17x9_420.jpg")
	sof := bytes.Index(data, []byte{0xff, mSOF0})
	for want, change := range map[string]func(b []byte){
		"12 bits per sample":  func(b []byte) { b[sof+4] = 12 },
		"arithmetic coding":   func(b []byte) { b[sof+1] = 0xc9 },
		"lossless coding":     func(b []byte) { b[sof+1] = 0xc3 },
		"hierarchical coding": func(b []byte) { b[sof+1] = 0xc5 },
		"sampling factors":    func(b []byte) { b[sof+11], b[sof+14] = 0x31, 0x21 },
	} {
		b := bytes.Clone(data)
		change(b)
		_, err := ReadHeader(b)
		if !errors.Is(err, images.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
		if err := NewDecoder(false).Decode(b, newMemory(17, 9)); !errors.Is(err, images.ErrUnsupported) {
			t.Errorf("want %q from Decode: %v", want, err)
		}
	}
}

func TestHeaderTellsSizeKindAndMemory(t *testing.T) {
	for name, want := range map[string]Header{
		"41x35_420.jpg":  {Width: 41, Height: 35, Components: 3, Space: YCbCr},
		"41x35_420p.jpg": {Width: 41, Height: 35, Components: 3, Space: YCbCr, Progressive: true},
		"gray.jpg":       {Width: 41, Height: 35, Components: 1, Space: Gray},
		"cmyk.jpg":       {Width: 41, Height: 35, Components: 4, Space: CMYK},
	} {
		h, err := ReadHeader(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		memory := h.Memory()
		h.comps, h.hmax, h.vmax = want.comps, 0, 0
		if h != want {
			t.Errorf("%s: %+v, want %+v", name, h, want)
		}
		if memory < 400 || memory > 20000 {
			t.Errorf("%s: %d bytes", name, memory)
		}
	}
}
