package codec

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/images/imagestest"

	"csl/internal/images"
)

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

func TestDecodeMatchesLibjpegOnGoldens(t *testing.T) {
	for _, c := range []struct {
		name string
		max  int
		mean float64
	}{
		{"444", 4, 0.4},
		{"420", 6, 0.4},
	} {
		got := readFixture(t, "../testdata/goldens/q90_"+c.name+".jpg", Options{})
		d := imagestest.Compare(t, got, imagestest.ReadImage(t, "../testdata/goldens/decoded_"+c.name+".npy"))
		if d.Max > c.max || d.Mean > c.mean {
			t.Errorf("%s: differs by up to %d (mean %.3f), allowed %d and %.2f", c.name, d.Max, d.Mean, c.max, c.mean)
		}
	}
}

// TestDecodeEqualsPillow goes over every file of testdata/files. Lossless formats and WebP are
// equal to the bit; JPEGs differ where the two inverse transforms round differently.
func TestDecodeEqualsPillow(t *testing.T) {
	arrays, err := filepath.Glob("../testdata/files/*.npy")
	if err != nil || len(arrays) < 50 {
		t.Fatalf("%d arrays, %v", len(arrays), err)
	}
	for _, array := range arrays {
		path := strings.TrimSuffix(array, ".npy")
		t.Run(filepath.Base(path), func(t *testing.T) {
			turn := strings.HasPrefix(filepath.Base(path), "orientation_")
			got := readFixture(t, path, Options{EXIFOrientation: turn})
			d := imagestest.Compare(t, got, imagestest.ReadImage(t, array))
			limit, mean := 0, 0.0
			if filepath.Ext(path) == ".jpg" {
				limit, mean = 4, 0.4
			}
			if d.Max > limit || d.Mean > mean {
				t.Errorf("differs from Pillow by up to %d, mean %.3f", d.Max, d.Mean)
			}
		})
	}
}

func TestDecodeIgnoresOrientationUnlessAsked(t *testing.T) {
	upright := readFixture(t, "../testdata/files/orientation_1.png", Options{})
	stored := readFixture(t, "../testdata/files/orientation_6.png", Options{})
	if d := imagestest.Compare(t, stored, upright); d.Max != 0 {
		t.Errorf("differs by %d", d.Max)
	}
}

func TestDecodeTellsWhatItSaw(t *testing.T) {
	for _, c := range []struct {
		file string
		want Info
	}{
		{"c422.jpg", Info{Format: JPEG, Width: 41, Height: 29, Orientation: 1, Animated: false}},
		{"orientation_8.jpg", Info{Format: JPEG, Width: 12, Height: 7, Orientation: 8, Animated: false}},
		{"orientation_3.png", Info{Format: PNG, Width: 12, Height: 7, Orientation: 3, Animated: false}},
		{"orientation_5.webp", Info{Format: WebP, Width: 12, Height: 7, Orientation: 5, Animated: false}},
		{"orientation_6.tif", Info{Format: TIFF, Width: 12, Height: 7, Orientation: 6, Animated: false}},
		{"plain.gif", Info{Format: GIF, Width: 41, Height: 29, Orientation: 1, Animated: false}},
		{"animated.gif", Info{Format: GIF, Width: 41, Height: 29, Orientation: 1, Animated: true}},
		{"animated.webp", Info{Format: WebP, Width: 41, Height: 29, Orientation: 1, Animated: true}},
		{"plain.bmp", Info{Format: BMP, Width: 41, Height: 29, Orientation: 1, Animated: false}},
	} {
		data, err := os.ReadFile("../testdata/files/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		_, info, err := Decode(data, Options{})
		info.extra, info.least, info.blocks = 0, 0, 0
		if err != nil || info != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", c.file, info, err, c.want)
		}
	}
}

func TestDecodeNamesWhatIsNoImage(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", "file is empty"},
		{"<!DOCTYPE html><html><body>404", "HTML page"},
		{"\n  <html>", "HTML page"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"},
		{"\x00\x00\x00\x1cftypavif\x00\x00", "AVIF"},
		{"\x00\x00\x00\x18ftypheic\x00\x00", "HEIF"},
		{"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"},
		{"\xff\x0a\x00", "JPEG XL"},
		{"<svg xmlns='x'/>", "SVG"},
		{"PK\x03\x04", "zip"},
		{"hello, world", `"hello, w"`},
	} {
		_, _, err := Decode([]byte(c.data), Options{})
		if !errors.Is(err, images.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got error %v, want %q in it", c.data, err, c.want)
		}
	}
}

func TestDecodeRefusesTooManyPixelsFromTheHeader(t *testing.T) {
	arrays, err := filepath.Glob("../testdata/files/*.npy")
	if err != nil {
		t.Fatal(err)
	}
	for _, array := range arrays {
		file := strings.TrimSuffix(array, ".npy")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := DecodeHeader(data)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		n := int64(info.Width * info.Height)
		if _, _, err := Decode(data, Options{MaxPixels: n}); err != nil {
			t.Errorf("%s: at the limit: %v", file, err)
		}
		if _, _, err := Decode(data, Options{MaxPixels: n - 1}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: above the limit: %v", file, err)
		}
	}
}

// TestDecodeReportsEveryCutFile cuts each kind of file at many points: always an error or, where
// only what follows the pixels is missing, the whole image.
func TestDecodeReportsEveryCutFile(t *testing.T) {
	for _, name := range []string{"c422.jpg", "progressive.jpg", "cmyk.jpg", "rgba.png", "palette_trns.png", "plain.gif", "lossy.webp", "lossless_alpha.webp", "animated.webp", "plain.bmp", "lzw.tif"} {
		data, err := os.ReadFile("../testdata/files/" + name)
		if err != nil {
			t.Fatal(err)
		}
		whole, _, err := Decode(data, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n := 0; n < len(data); n += 1 + len(data)/200 {
			got, _, err := Decode(data[:n:n], Options{})
			if err != nil {
				continue
			}
			if d := imagestest.Compare(t, got, whole); d.Max != 0 {
				t.Errorf("%s cut at %d of %d: no error, and pixels differ by %d", name, n, len(data), d.Max)
			}
		}
	}
}

func TestDecodeRefusesAHeaderThatLies(t *testing.T) {
	jpg, err := os.ReadFile("../testdata/files/c422.jpg")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(jpg), "\xff\xc0")
	copy(jpg[at+5:], "\x30\x00\x30\x00") // 12288 x 12288
	png, err := os.ReadFile("../testdata/files/bits1.png")
	if err != nil {
		t.Fatal(err)
	}
	copy(png[16:], "\x00\x00\x30\x00\x00\x00\x30\x00\x10\x02")
	binary.BigEndian.PutUint32(png[29:], crc32.ChecksumIEEE(png[12:29]))
	for _, data := range [][]byte{jpg, png} {
		_, info, err := Decode(data, Options{})
		if err == nil || !strings.Contains(err.Error(), "cannot hold 12288x12288 pixels") {
			t.Errorf("%s of %d bytes: got %v", info.Format, len(data), err)
		}
	}
}

func TestDecodeRefusesAJPEGOfTooManyScans(t *testing.T) {
	jpg, err := os.ReadFile("../testdata/files/progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	jpg = append(jpg, strings.Repeat("\xff\xda", 600)...)
	if _, _, err := Decode(jpg, Options{}); err == nil || !strings.Contains(err.Error(), "scans") {
		t.Errorf("got %v", err)
	}
}

func TestDecodeHeaderNeedsOnlyThePrefixThatHoldsIt(t *testing.T) {
	for _, name := range []string{"c422.jpg", "rgba.png", "plain.gif", "lossy.webp", "lossless.webp", "plain.bmp"} {
		data, err := os.ReadFile("../testdata/files/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := DecodeHeader(data[:9*len(data)/10]); err != nil || info.Width != 41 || info.Height != 29 {
			t.Errorf("%s: nine tenths: %+v, %v", name, info, err)
		}
		if _, err := DecodeHeader(data[:12]); err == nil {
			t.Errorf("%s: 12 bytes: no error", name)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"goldens/q90_444.jpg", "goldens/q90_420.jpg", "files/progressive.jpg", "files/rgba.png", "files/lossy.webp"} {
		data, err := os.ReadFile("../testdata/" + name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) {
			m, d := new(images.RGB), new(Decoder)
			for b.Loop() {
				if _, err := d.DecodeInto(m, data, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(m.Pix)))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "img/s")
		})
	}
}
