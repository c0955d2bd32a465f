package images

import (
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/disintegration/imaging"
)

func TestResizeEqualsPillow(t *testing.T) {
	src := readFixture(t, "testdata/goldens/rgb.png", DecodeOptions{})
	for _, f := range []Filter{Bilinear, Bicubic} {
		for _, size := range []int{64, 160} {
			want := readNPYImage(t, fmt.Sprintf("testdata/goldens/%s_%d.npy", f, size))
			if d := compare(t, Resize(src, size, size, f), want); d.max != 0 {
				t.Errorf("%s to %d: differs from Pillow by up to %d", f, size, d.max)
			}
		}
	}
}

// noise is an image of random samples, the worst case for an interpolation.
func noise(w, h int, seed uint64) *RGB {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := NewRGB(w, h)
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.Uint32())
	}
	return m
}

// smooth is noise blown up, so that neighbours are alike as in photos.
func smooth(w, h int, seed uint64) *RGB {
	return Resize(noise(max(w/8, 2), max(h/8, 2), seed), w, h, Bicubic)
}

func TestResizeAgreesWithImaging(t *testing.T) {
	filters := map[Filter]imaging.ResampleFilter{Bilinear: imaging.Linear, Bicubic: imaging.CatmullRom}
	for _, c := range [][4]int{{101, 75, 64, 64}, {101, 75, 160, 130}, {3, 90, 32, 32}, {1, 1, 8, 5}, {640, 427, 224, 224}, {64, 64, 64, 20}, {64, 64, 20, 64}, {50, 50, 1, 1}} {
		for f, filter := range filters {
			src := smooth(c[0], c[1], 7)
			want := new(RGB)
			convertNRGBA(want, imaging.Resize(src.NRGBA(), c[2], c[3], filter))
			d := compare(t, Resize(src, c[2], c[3], f), want)
			if d.max > 2 || d.exceeded > 0.001 {
				t.Errorf("%v %s: differs by up to %d, %.2f%% of samples by more than 1", c, f, d.max, 100*d.exceeded)
			}
		}
	}
}

func TestResizerGivesTheSameWhateverItDidBefore(t *testing.T) {
	var r Resizer
	sizes := [][2]int{{40, 30}, {64, 64}, {64, 64}, {13, 200}, {40, 30}}
	dst := new(RGB)
	for i, s := range sizes {
		src := noise(s[0], s[1], uint64(i))
		for _, f := range []Filter{Bilinear, Bicubic} {
			r.Resize(dst, src, 64, 64, f)
			if d := compare(t, dst, Resize(src, 64, 64, f)); d.max != 0 {
				t.Errorf("image %d, %s: a used resizer differs by %d", i, f, d.max)
			}
		}
	}
}

func TestResizeToTheSameSizeCopies(t *testing.T) {
	src := noise(9, 4, 3)
	dst := Resize(src, 9, 4, Bicubic)
	if d := compare(t, dst, src); d.max != 0 {
		t.Fatalf("differs by %d", d.max)
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
				dst := new(RGB)
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
