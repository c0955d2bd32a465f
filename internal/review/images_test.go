package review

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/audit/list"
	"csl/internal/safefile"
)

// shown is an image as the server sends it.
func (b *bench) shown(n string, size string) (image.Image, string) {
	b.t.Helper()
	w := b.ask("GET", "/image/run/"+n+"/"+size, "", b.admitted(nil))
	if w.Code != http.StatusOK {
		b.t.Fatalf("image %s: %d", n, w.Code)
	}
	m, _, err := image.Decode(w.Body)
	if err != nil {
		return nil, w.Header().Get("Content-Type")
	}
	return m, w.Header().Get("Content-Type")
}

func TestFormatsThatBrowsersCannotShowAreShown(t *testing.T) {
	dir, kinds := t.TempDir(), filepath.Join("..", "images", "testdata")
	var questions []list.Candidate
	for _, name := range []string{"kinds/cmyk.tif", "kinds/bilevel_group4.tif", "kinds/color2_16.png", "files/animated.gif", "kinds/down.bmp", "files/cmyk.jpg"} {
		data, err := os.ReadFile(filepath.Join(kinds, name))
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.Base(name)
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, list.Candidate{Image: name, Class: "dog"})
	}
	b := startBench(t, dir, filepath.Join(t.TempDir(), "a.csv"), questions, safefile.OS())
	for i, q := range questions {
		if m, kind := b.shown(string(rune('0'+i)), "large"); m == nil || kind != "image/png" && kind != "image/jpeg" {
			t.Errorf("%s: %s", q.Image, kind)
		}
	}
	if len(b.reports) > 0 {
		t.Errorf("reports %q", b.reports)
	}
}

// turned is a JPEG file with an EXIF tag that says: turn it by 90 degrees, to the right.
func turned(file []byte) []byte {
	exif := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	return append(append(append([]byte(nil), file[:2]...), exif...), file[2:]...)
}

func TestLargeImagesAreSentSmallerAndUpright(t *testing.T) {
	dir := t.TempDir()
	m := image.NewRGBA(image.Rect(0, 0, 2000, 1000))
	for y := range 1000 {
		for x := range 2000 {
			m.SetRGBA(x, y, color.RGBA{uint8(255 * (1 - x/1000)), 0, 0, 255}) // the left half is red
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.jpg"), turned(b.Bytes()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startBench(t, dir, filepath.Join(t.TempDir(), "a.csv"), []list.Candidate{{Image: "a.jpg", Class: "dog", Score: float32(math.NaN())}}, safefile.OS())
	for size, side := range map[string]int{"large": largeSide, "small": smallSide} {
		got, kind := s.shown("0", size)
		if got == nil || got.Bounds().Dx() != side/2 || got.Bounds().Dy() != side || kind != "image/jpeg" {
			t.Fatalf("%s: %v, %s", size, got.Bounds(), kind)
		}
		if r, _, _, _ := got.At(side/4, side/8).RGBA(); r < 0xf000 {
			t.Errorf("%s: the left half is not on top", size)
		}
	}
}

func TestAnImageThatCannotBeReadIsSaidToBeSo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.png"), []byte("\x89PNG\r\n\x1a\nnothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := startBench(t, dir, filepath.Join(t.TempDir(), "a.csv"), []list.Candidate{{Image: "bad.png", Class: "dog"}, {Image: "gone.png", Class: "dog"}}, safefile.OS())
	for range 2 {
		for _, n := range []string{"0", "1"} {
			w := b.ask("GET", "/image/run/"+n+"/large", "", b.admitted(nil))
			if w.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(w.Body.String(), "This image cannot be shown") || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("image %s: %v", n, w.Header())
			}
		}
	}
	if len(b.reports) != 2 || !strings.Contains(b.reports[0], "bad.png") || !strings.Contains(b.reports[1], "gone.png") {
		t.Errorf("reports %q: want one for each image", b.reports)
	}
	if n, first := b.server.gallery.missing(t.Context()); n != 1 || !strings.Contains(first.Error(), "gone.png") {
		t.Errorf("missing: %d, %v", n, first)
	}
}
