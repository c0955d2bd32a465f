package codec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/images/imagestest"
)

// seedFiles adds a small file of every kind to a corpus.
func seedFiles(f *testing.F) {
	small := 0
	for _, pattern := range []string{"../testdata/kinds/*", "../testdata/files/orientation_[168].*", "../jpeg/testdata/*.jpg"} {
		names, err := filepath.Glob(pattern)
		imagestest.Must(f, err)
		for _, name := range names {
			data, err := os.ReadFile(name)
			imagestest.Must(f, err)
			if len(data) <= 1<<10 && !strings.HasSuffix(name, ".npy") {
				f.Add(data)
				small++
			}
		}
	}
	if small < 100 {
		f.Fatalf("%d small files", small)
	}
	for _, s := range []string{"", "\xff\xd8\xff", "GIF89a", "RIFF\x00\x00\x00\x00WEBP", "BM", "II*\x00", "\x89PNG\r\n\x1a\n", "<html>"} {
		f.Add([]byte(s))
	}
}

// FuzzDecode: any bytes give an image of the size that its header states, or an error; within the
// size limit, and the same each time.
func FuzzDecode(f *testing.F) {
	seedFiles(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 16
		m, info, err := Decode(data, Options{MaxPixels: limit, EXIFOrientation: true})
		if err != nil {
			return
		}
		w, h := info.Width, info.Height
		if info.Orientation > 4 {
			w, h = h, w
		}
		if m.W != w || m.H != h || len(m.Pix) != 3*w*h || w*h > limit {
			t.Fatalf("%+v gave %dx%d, %d samples", info, m.W, m.H, len(m.Pix))
		}
		again := imagestest.Noise(3, 3, 1)
		if _, err := new(Decoder).DecodeInto(again, data, Options{MaxPixels: limit, EXIFOrientation: true}); err != nil {
			t.Fatal(err)
		}
		if d := imagestest.Compare(t, again, m); d.Max != 0 {
			t.Fatalf("decoding again differs by %d", d.Max)
		}
	})
}

// FuzzEXIF: any bytes give an orientation of 1 to 8.
func FuzzEXIF(f *testing.F) {
	seedFiles(f)
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"))
	f.Add([]byte("II*\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range []int{exifOrientation(data), jpegOrientation(data)} {
			if v < 1 || v > 8 {
				t.Fatalf("orientation %d", v)
			}
		}
	})
}
