package transform

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"csl/internal/images/imagestest"

	"csl/internal/images"

	"github.com/disintegration/imaging"
)

func TestResizeEqualsPillow(t *testing.T) {
	src := imagestest.ReadPNG(t, "../testdata/goldens/rgb.png")
	for _, f := range []Filter{Bilinear, Bicubic} {
		for _, size := range []int{64, 160} {
			want := imagestest.ReadImage(t, fmt.Sprintf("../testdata/goldens/%s_%d.npy", f, size))
			if d := imagestest.Compare(t, Resize(src, size, size, f), want); d.Max != 0 {
				t.Errorf("%s to %d: differs from Pillow by up to %d", f, size, d.Max)
			}
		}
	}
}

// smooth is noise blown up, so that neighbours are alike as in photos.
func smooth(w, h int, seed uint64) *images.RGB {
	return Resize(imagestest.Noise(max(w/8, 2), max(h/8, 2), seed), w, h, Bicubic)
}

func TestResizeAgreesWithImaging(t *testing.T) {
	filters := map[Filter]imaging.ResampleFilter{Bilinear: imaging.Linear, Bicubic: imaging.CatmullRom}
	for _, c := range [][4]int{{101, 75, 64, 64}, {101, 75, 160, 130}, {3, 90, 32, 32}, {1, 1, 8, 5}, {640, 427, 224, 224}, {64, 64, 64, 20}, {64, 64, 20, 64}, {50, 50, 1, 1}} {
		for f, filter := range filters {
			src := smooth(c[0], c[1], 7)
			want := imagestest.FromImage(imaging.Resize(src.NRGBA(), c[2], c[3], filter))
			d := imagestest.Compare(t, Resize(src, c[2], c[3], f), want)
			if d.Max > 2 || d.Exceeded > 0.001 {
				t.Errorf("%v %s: differs by up to %d, %.2f%% of samples by more than 1", c, f, d.Max, 100*d.Exceeded)
			}
		}
	}
}

func TestResizerGivesTheSameWhateverItDidBefore(t *testing.T) {
	var r Resizer
	sizes := [][2]int{{40, 30}, {64, 64}, {64, 64}, {13, 200}, {40, 30}}
	dst := new(images.RGB)
	for i, s := range sizes {
		src := imagestest.Noise(s[0], s[1], uint64(i))
		for _, f := range []Filter{Bilinear, Bicubic} {
			r.Resize(dst, src, 64, 64, f)
			if d := imagestest.Compare(t, dst, Resize(src, 64, 64, f)); d.Max != 0 {
				t.Errorf("image %d, %s: a used resizer differs by %d", i, f, d.Max)
			}
		}
	}
}

func TestResizeToTheSameSizeCopies(t *testing.T) {
	src := imagestest.Noise(9, 4, 3)
	dst := Resize(src, 9, 4, Bicubic)
	if d := imagestest.Compare(t, dst, src); d.Max != 0 {
		t.Fatalf("differs by %d", d.Max)
	}
	dst.Pix[0]++
	if dst.Pix[0] == src.Pix[0] {
		t.Fatal("the result shares the source's memory")
	}
}

func TestParseFilter(t *testing.T) {
	for _, f := range []Filter{Bilinear, Bicubic} {
		if got, err := ParseFilter(f.String()); err != nil || got != f {
			t.Errorf("%s: got %v, %v", f, got, err)
		}
	}
	if _, err := ParseFilter("nearest"); err == nil || !strings.Contains(err.Error(), `"nearest"`) {
		t.Errorf("nearest: got error %v", err)
	}
}

func BenchmarkResize(b *testing.B) {
	for _, c := range [][4]int{{640, 427, 448, 448}, {640, 427, 224, 224}, {160, 160, 64, 64}} {
		for _, f := range []Filter{Bilinear, Bicubic} {
			src := smooth(c[0], c[1], 1)
			b.Run(fmt.Sprintf("%dx%d_to_%dx%d/%s", c[0], c[1], c[2], c[3], f), func(b *testing.B) {
				var r Resizer
				dst := new(images.RGB)
				for b.Loop() {
					r.Resize(dst, src, c[2], c[3], f)
				}
				reportImages(b)
			})
		}
	}
	b.Run("imaging_640x427_to_448x448/bilinear", func(b *testing.B) {
		src := image.Image(smooth(640, 427, 1).NRGBA())
		for b.Loop() {
			imaging.Resize(src, 448, 448, imaging.Linear)
		}
		reportImages(b)
	})
}

// reportImages adds the rate to a benchmark that handles one image per iteration.
func reportImages(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
