//go:build long

package loader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"csl/internal/images/codec"

	"csl/internal/images/imagestest"

	"csl/internal/images"
	"csl/internal/images/source"
	"csl/internal/images/transform"
)

// robustness is what becomes of every file of shared/data/robustness: an error with this text, or
// pixels of this size and mean, which are Pillow's by that folder's README, but for 16 bit grey,
// which Pillow clips.
var robustness = []struct {
	file    string
	w, h    int
	r, g, b float64
	err     string
}{
	{"00r0_gray_l.jp2", 0, 0, 0, 0, 0, "JPEG 2000"},
	{"Landscape_1.jpg", 1800, 1200, 98, 116, 134, ""},
	{"Landscape_6.jpg", 1200, 1800, 98, 116, 134, ""},
	{"UPPER CASE name.JPG", 120, 90, 115, 83, 60, ""},
	{"apng_mode_16bit.png", 128, 64, 255, 0, 0, ""},
	{"basn0g01.png", 32, 32, 125, 125, 125, ""},
	{"basn0g16.png", 32, 32, 144, 144, 144, ""},
	{"basn2c16.png", 32, 32, 128, 128, 44, ""},
	{"basn3p01.png", 32, 32, 136, 178, 144, ""},
	{"basn3p08-trns.png", 32, 32, 94, 180, 89, ""},
	{"basn4a16.png", 32, 32, 126, 126, 126, ""},
	{"basn6a08.png", 32, 32, 101, 191, 95, ""},
	{"broken.png", 0, 0, 0, 0, 0, "unexpected EOF"},
	{"broken_exif_dpi.jpg", 100, 100, 0, 128, 1, ""},
	{"chi.gif", 320, 240, 250, 251, 247, ""},
	{"cmyk_from_coco.jpg", 240, 180, 115, 83, 60, ""},
	{"decompression_bomb.gif", 0, 0, 0, 0, 0, "image too large"},
	{"flower.jpg", 480, 360, 119, 132, 94, ""},
	{"flower.webp", 480, 360, 119, 132, 94, ""},
	{"half_file.jpg", 0, 0, 0, 0, 0, "damaged or cut short"},
	{"hopper.avif", 0, 0, 0, 0, 0, "AVIF"},
	{"hopper.bmp", 128, 128, 90, 80, 95, ""},
	{"hopper.jpg", 128, 128, 90, 80, 95, ""},
	{"hopper.tif", 128, 128, 90, 80, 95, ""},
	{"hopper.webp", 128, 128, 90, 80, 96, ""},
	{"hopper_16bit_qtables.jpg", 128, 128, 90, 80, 95, ""},
	{"hopper_gray.jpg", 128, 128, 85, 85, 85, ""},
	{"hopper_orientation_3.jpg", 128, 128, 90, 80, 95, ""},
	{"hopper_orientation_6.jpg", 128, 128, 90, 80, 95, ""},
	{"hopper_orientation_8.jpg", 128, 128, 90, 80, 95, ""},
	{"html_404_page.jpg", 0, 0, 0, 0, 0, "HTML page"},
	{"huge_20000x20000_1bit.png", 0, 0, 0, 0, 0, "image too large: 20000x20000"},
	{"i_trns.png", 64, 64, 0, 0, 0, ""},
	{"icc-after-SOF.jpg", 10, 10, 0, 0, 0, ""},
	{"icc_profile_big.jpg", 425, 250, 57, 107, 168, ""},
	{"invalid-crc32.png", 0, 0, 0, 0, 0, "invalid checksum"},
	{"invalid-exif.jpg", 200, 200, 92, 92, 92, ""},
	{"invalid-trunc.png", 232, 232, 187, 187, 187, ""},
	{"jpeg_ff00_header.jpg", 300, 225, 116, 79, 77, ""},
	{"jpeg_named.png", 640, 422, 115, 83, 60, ""},
	{"junk_jpeg_header.jpg", 1024, 768, 117, 116, 117, ""},
	{"lies_about_size_100000x100000.png", 0, 0, 0, 0, 0, "image too large: 100000x100000"},
	{"naïve_ünïcode_图.jpg", 120, 90, 115, 83, 60, ""},
	{"no_palette.gif", 1, 1, 0, 0, 0, ""},
	{"palette_from_coco.png", 240, 180, 115, 83, 58, ""},
	{"pil_sample_cmyk.jpg", 100, 100, 30, 5, 7, ""},
	{"png_decompression_dos.png", 1, 1, 0, 0, 0, ""},
	{"png_named.jpg", 128, 128, 90, 80, 95, ""},
	{"progressive_from_coco.jpg", 640, 422, 115, 83, 60, ""},
	{"rgb_trns.png", 64, 64, 73, 176, 119, ""},
	{"thin_3x900.jpg", 3, 900, 115, 83, 58, ""},
	{"tiny_1x1.png", 1, 1, 200, 30, 30, ""},
	{"trailing_garbage.jpg", 640, 422, 115, 83, 60, ""},
	{"transparent.png", 200, 150, 33, 26, 26, ""},
	{"transparent.webp", 200, 150, 34, 26, 27, ""},
	{"truncated_app14.jpg", 100, 100, 28, 4, 3, ""},
	{"truncated_image.png", 0, 0, 0, 0, 0, "not enough pixel data"},
	{"truncated_jpeg.jpg", 0, 0, 0, 0, 0, "cut short"},
	{"ultrahdr.jpg", 0, 0, 0, 0, 0, "damaged or cut short"},
	{"video-001.5bpp.gif", 150, 103, 145, 95, 72, ""},
	{"video-001.cmyk.jpeg", 150, 103, 96, 58, 50, ""},
	{"video-001.png", 150, 103, 145, 95, 70, ""},
	{"video-001.progressive.jpeg", 150, 103, 145, 95, 70, ""},
	{"video-001.progressive.truncated.jpeg", 150, 103, 144, 94, 70, ""},
	{"video-001.q50.411.jpeg", 150, 103, 144, 94, 71, ""},
	{"video-001.restart2.jpeg", 150, 103, 144, 94, 71, ""},
	{"video-001.rgb.jpeg", 150, 103, 145, 94, 70, ""},
	{"video-005.gray.q50.2x2.jpeg", 150, 103, 126, 126, 126, ""},
	{"zero_bytes.jpg", 0, 0, 0, 0, 0, "file is empty"},
	{"zero_width.gif", 0, 0, 0, 0, 0, "size 0x"},
}

// shared is the folder of shared test data.
func shared(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("CSL_SHARED"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "..", "shared")
}

func means(m *images.RGB) (mean [3]float64) {
	for i, v := range m.Pix {
		mean[i%3] += float64(v)
	}
	for c := range mean {
		mean[c] /= float64(m.W * m.H)
	}
	return mean
}

func TestEveryRobustnessFileDoesWhatIsExpected(t *testing.T) {
	src, err := source.Open(context.Background(), filepath.Join(shared(t), "data", "robustness"))
	imagestest.Must(t, err)
	names, err := src.Names()
	imagestest.Must(t, err)
	var listedNames []string
	for _, c := range robustness {
		listedNames = append(listedNames, c.file)
	}
	slices.Sort(listedNames)
	if !slices.Equal(names, listedNames) {
		t.Errorf("the table and the folder differ: %v, %v", listedNames, names)
	}
	for _, c := range robustness {
		key, err := src.Resolve(c.file)
		imagestest.Must(t, err)
		data, err := src.ReadFile(key, nil)
		imagestest.Must(t, err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		m, info, err := codec.Decode(data, codec.Options{})
		runtime.ReadMemStats(&after)
		allowed := 2<<20 + 8*len(data)
		if !errors.Is(err, codec.ErrTooLarge) {
			allowed += 40 * info.Width * info.Height
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(allowed) {
			t.Errorf("%s: %d bytes allocated, %d allowed", c.file, used, allowed)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s took %v", c.file, d)
		}
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: got error %v, want %q in it", c.file, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		mean := means(m)
		for k, want := range [3]float64{c.r, c.g, c.b} {
			if math.Abs(mean[k]-want) > 1 {
				t.Errorf("%s: mean %.1f, want %v %v %v", c.file, mean, c.r, c.g, c.b)
				break
			}
		}
		if m.W != c.w || m.H != c.h {
			t.Errorf("%s (%s): %dx%d, want %dx%d", c.file, info.Format, m.W, m.H, c.w, c.h)
		}
		if animated := c.file == "chi.gif" || c.file == "apng_mode_16bit.png" || c.file == "no_palette.gif"; info.Animated != animated {
			t.Errorf("%s: animated %v", c.file, info.Animated)
		}
		if s := transform.Resize(m, 64, 64, transform.Bilinear); len(s.Pix) != 64*64*3 {
			t.Errorf("%s: resized to %d samples", c.file, len(s.Pix))
		}
	}
}

func TestOrientationTurnsTheRotatedTwinUpright(t *testing.T) {
	dir := filepath.Join(shared(t), "data", "robustness")
	upright := transform.Resize(readFixture(t, filepath.Join(dir, "Landscape_1.jpg"), codec.Options{EXIFOrientation: true}), 90, 60, transform.Bilinear)
	turned := readFixture(t, filepath.Join(dir, "Landscape_6.jpg"), codec.Options{EXIFOrientation: true})
	if turned.W != 1800 || turned.H != 1200 {
		t.Fatalf("%dx%d", turned.W, turned.H)
	}
	if d := imagestest.Compare(t, transform.Resize(turned, 90, 60, transform.Bilinear), upright); d.Mean > 2 {
		t.Errorf("the twins differ by %.2f on average", d.Mean)
	}
}

func TestLoaderGoesThroughTheRobustnessFolder(t *testing.T) {
	src, err := source.Open(context.Background(), filepath.Join(shared(t), "data", "robustness"))
	imagestest.Must(t, err)
	names, err := src.Names()
	imagestest.Must(t, err)
	wantBad := 0
	for _, c := range robustness {
		if c.err != "" {
			wantBad++
		}
	}
	bad, err := Check(t.Context(), src, listed(names), Checks{})
	imagestest.Must(t, err)
	l := mustLoader(t, Config{
		Samples: listed(names), Use: Without(bad, len(names)), SkipBroken: true,
		Feed: &Files{Source: src, W: 64, H: 64}, Scale: mustScale(t, nil, nil), Batch: 8,
	})
	var first []string
	for range 2 {
		e := l.Epoch(t.Context(), 0, 0)
		var all []string
		n := 0
		for {
			b, err := e.Next()
			if err == io.EOF {
				break
			}
			imagestest.Must(t, err)
			n += b.N
			for _, v := range b.Pix {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("value %v", v)
				}
			}
			all = append(all, everything(b))
		}
		e.Close()
		if first == nil {
			first = all
		}
		if !slices.Equal(first, all) {
			t.Error("the second pass differs")
		}
		if n != len(names)-wantBad {
			t.Errorf("%d images loaded of %d, want %d skipped", n, len(names), wantBad)
		}
	}
	if got := len(bad) + len(l.Skipped()); got != wantBad {
		t.Errorf("%d by header and %d later are bad, want %d together", len(bad), len(l.Skipped()), wantBad)
	}
	t.Logf("%d by header, %d later", len(bad), len(l.Skipped()))
}

func TestFashionTarLoads(t *testing.T) {
	src, err := source.Open(context.Background(), filepath.Join(shared(t), "data", "fashion9k", "images.tar"))
	imagestest.Must(t, err)
	defer func() { imagestest.Must(t, src.Close()) }()
	names, err := src.Names()
	imagestest.Must(t, err)
	if len(names) != 7768 {
		t.Errorf("%d images, want 7768", len(names))
	}
	bad, err := Check(t.Context(), src, listed(names), Checks{})
	if err != nil || len(bad) != 0 {
		t.Errorf("%v, %v", SkippedError(bad, len(names)), err)
	}
	l := mustLoader(t, Config{Samples: listed(names[:640]), Feed: &Files{Source: src, W: 64, H: 64}, Scale: mustScale(t, nil, nil), Batch: 64, Shuffle: true})
	if batches, _ := drain(t, l.Epoch(t.Context(), 0, 0)); len(batches) != 10 {
		t.Errorf("%d batches", len(batches))
	}
}

func BenchmarkFashion(b *testing.B) {
	src, err := source.Open(context.Background(), filepath.Join(shared(b), "data", "fashion9k", "images.tar"))
	imagestest.Must(b, err)
	names, err := src.Names()
	imagestest.Must(b, err)
	for name, aug := range map[string]transform.Augment{"plain": {}, "cutout": {Cutout: 0.5}, "cutout_randaugment": {Cutout: 0.5, Ops: 2, Magnitude: 9}} {
		b.Run("files_to_64/"+name, func(b *testing.B) {
			loadImages(b, mustLoader(b, Config{
				Samples: listed(names), Feed: &Files{Source: src, W: 64, H: 64}, Augment: aug, Scale: mustScale(b, nil, nil), Batch: 64, Shuffle: true,
			}))
		})
	}
}

// BenchmarkPhotos decodes and resizes photos of about 640x480 on one core; scripts/peers/images_pillow.py is
// the same in Pillow.
func BenchmarkPhotos(b *testing.B) {
	src, err := source.Open(context.Background(), filepath.Join(shared(b), "data", "coco_mini", "images", "train2017"))
	imagestest.Must(b, err)
	names, err := src.Names()
	imagestest.Must(b, err)
	for _, side := range []int{224, 448} {
		b.Run(fmt.Sprint(side), func(b *testing.B) {
			loadImages(b, mustLoader(b, Config{
				Samples: listed(names), Feed: &Files{Source: src, W: side, H: side}, Scale: mustScale(b, nil, nil), Batch: 16, Workers: 1,
			}))
		})
	}
}
