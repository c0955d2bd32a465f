//go:build long

package main

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shared is the folder of data and goldens: environment CSL_SHARED, or beside the repository.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("CSL_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	dir, err := filepath.Abs(filepath.Join(append([]string{dir}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("set CSL_SHARED: %v", err)
	}
	return dir
}

// The three small models in the four ways they are stored, through the binary.
func TestInferGivesPyTorchsLogitsOfAllGoldenCheckpoints(t *testing.T) {
	for _, tag := range []string{"tiny", "tiny_bottleneck", "tiny_v2"} {
		for _, file := range []string{"model_zip.pth", "model_legacy.pth", "model_half_zip.pth", "raw_state_zip.ckpt"} {
			for i, c := range goldenCases {
				t.Run(tag+"/"+file+"/"+c.name, func(t *testing.T) {
					want := readArray(t, shared(t, "goldens", tag, "picture_logits_"+c.name+".npy"))
					if strings.Contains(file, "half") {
						want = readArray(t, filepath.Join("testdata", "infer", "half_logits_"+tag+".npy"))[i*8 : (i+1)*8]
					}
					code, out, err := process(t, goldenArgs(shared(t, "goldens", tag, file), c.args...)...)
					if code != exitOK {
						t.Fatalf("code %d, stderr %q", code, err)
					}
					checkLogits(t, out, want)
				})
			}
		}
	}
}

// refused are the files of shared/data/robustness that must not be decoded, with what their error
// says; where the folder's README leaves the choice ("damaged: either"), refusing is what csl does
// with all but truncated_app14.jpg and video-001.progressive.truncated.jpeg, whose pixels are whole.
var refused = map[string]string{
	"00r0_gray_l.jp2":                   "JPEG 2000",
	"hopper.avif":                       "AVIF",
	"broken.png":                        "unexpected EOF",
	"html_404_page.jpg":                 "HTML page",
	"zero_bytes.jpg":                    "the file is empty",
	"zero_width.gif":                    "size 0x",
	"decompression_bomb.gif":            "image too large",
	"huge_20000x20000_1bit.png":         "image too large: 20000x20000",
	"lies_about_size_100000x100000.png": "image too large: 100000x100000",
	"half_file.jpg":                     "damaged or cut short",
	"invalid-crc32.png":                 "invalid checksum",
	"truncated_image.png":               "damaged or cut short",
	"truncated_jpeg.jpg":                "damaged or cut short",
	"ultrahdr.jpg":                      "damaged or cut short",
}

// logitsOf are the logits of a line by class.
func logitsOf(l jsonLine) []float64 {
	z := make([]float64, len(l.Predictions))
	for _, p := range l.Predictions {
		z[p.Index] = float64(p.Logit)
	}
	return z
}

// apart is the largest difference of logits.
func apart(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	return worst
}

func robust(t *testing.T, args ...string) (out, stderr string) {
	t.Helper()
	start := time.Now()
	code, out, stderr := process(t, append([]string{
		"infer", "--model_path", tinyModel(), "--input_size", "64", "--th", "0", "--logits", "--format", "json",
		"--pic_path", shared(t, "data", "robustness"),
	}, args...)...)
	if code != exitSkipped {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
	return out, stderr
}

func TestInferDoesWhatTheReadmeSaysOfEveryAwkwardImage(t *testing.T) {
	out, stderr := robust(t)
	got := map[string]jsonLine{}
	for _, l := range parseLines(t, out) {
		got[filepath.Base(l.Image)] = l
	}
	readme, err := os.ReadFile(filepath.Join(shared(t, "data", "robustness"), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| ([^|]+) \\|$").FindAllStringSubmatch(string(readme), -1)
	if len(rows) != len(got) || len(rows) < 70 {
		t.Errorf("%d files in the README, %d results", len(rows), len(got))
	}
	for _, row := range rows {
		name, says := row[1], row[2]
		l, ok := got[name]
		want, bad := refused[name]
		switch {
		case !ok:
			t.Errorf("%s: no result", name)
		case bad && (!strings.Contains(l.Error, want) || !strings.Contains(stderr, name)):
			t.Errorf("%s (%s): error %q", name, says, l.Error)
		case !bad && (l.Error != "" || len(l.Predictions) != 8):
			t.Errorf("%s (%s): error %q, %d predictions", name, says, l.Error, len(l.Predictions))
		}
		if said := strings.Contains(stderr, name+`" is animated: only its first frame`); !bad && strings.Contains(says, "animated") && !said {
			t.Errorf("%s: its animation was not mentioned", name)
		}
	}
	again, _ := robust(t, "--workers", "4")
	if again != out {
		t.Error("a second run gave other results")
	}
	turned, _ := robust(t, "--exif_orientation")
	upright := map[string]jsonLine{}
	for _, l := range parseLines(t, turned) {
		upright[filepath.Base(l.Image)] = l
	}
	compareTwins(t, got, upright)
}

// compareTwins compares files that hold the same image.
func compareTwins(t *testing.T, plain, upright map[string]jsonLine) {
	t.Helper()
	between := func(a, b jsonLine) float64 { return apart(logitsOf(a), logitsOf(b)) }
	const lossy = 0.002 // other images are 0.008 and more apart
	for _, x := range []struct {
		a, b  string
		limit float64
	}{
		{"jpeg_named.png", "trailing_garbage.jpg", 0},
		{"jpeg_named.png", "progressive_from_coco.jpg", lossy},
		{"jpeg_named.png", "cmyk_from_coco.jpg", lossy}, // so it is not a negative
		{"jpeg_named.png", "palette_from_coco.png", lossy},
		{"png_named.jpg", "hopper.bmp", 0},
		{"hopper.bmp", "hopper.tif", 0},
		{"hopper.bmp", "hopper.jpg", lossy},
		{"hopper.bmp", "hopper.webp", lossy},
		{"hopper.bmp", "hopper_16bit_qtables.jpg", lossy},
		{"flower.jpg", "flower.webp", lossy},
		{"transparent.png", "transparent.webp", lossy},
		{"naïve_ünïcode_图.jpg", "UPPER CASE name.JPG", 0},
		{"video-001.png", "video-001.progressive.jpeg", lossy},
		{"video-001.png", "video-001.progressive.truncated.jpeg", lossy},
		{"video-001.png", "video-001.rgb.jpeg", lossy},
		{"video-001.png", "video-001.q50.411.jpeg", lossy},
		{"video-001.png", "video-001.restart2.jpeg", lossy},
		{"video-001.png", "video-001.5bpp.gif", lossy},
	} {
		if d := between(plain[x.a], plain[x.b]); d > x.limit {
			t.Errorf("%s and %s: %g apart", x.a, x.b, d)
		}
	}
	if as, turned := between(plain["Landscape_1.jpg"], plain["Landscape_6.jpg"]), between(upright["Landscape_1.jpg"], upright["Landscape_6.jpg"]); as < 0.005 || turned > 0.001 {
		t.Errorf("Landscape_1 and 6 are %g apart as stored and %g when turned", as, turned)
	}
	names := []string{"hopper_orientation_3.jpg", "hopper_orientation_6.jpg", "hopper_orientation_8.jpg"}
	if i := slices.IndexFunc(names, func(n string) bool { return between(plain[n], upright[n]) == 0 }); i >= 0 {
		t.Errorf("%s is not turned", names[i])
	}
}
