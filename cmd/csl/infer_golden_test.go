package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/npy"
)

// goldenCases are the ways in which shared/goldens resizes rgb.png, in the order of the rows of
// half_logits files.
var goldenCases = []struct {
	name string
	args []string
}{
	{"bilinear_64x64", []string{"--input_size", "64"}},
	{"bilinear_104x104", []string{"--input_size", "104"}},
	{"bilinear_64x96", []string{"--input_size", "64x96"}},
	{"bicubic_64x64", []string{"--input_size", "64", "--interpolation", "bicubic"}},
}

// jsonLine is a line of --format json.
type jsonLine struct {
	Image       string
	Error       string
	Drawn       string
	Predictions []struct {
		Index int
		Class string
		Score float32
		Logit float32
	}
}

func parseLines(t *testing.T, text string) (lines []jsonLine) {
	t.Helper()
	for line := range strings.Lines(text) {
		var l jsonLine
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func readArray(t *testing.T, path string) []float32 {
	t.Helper()
	a, err := npy.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a.F32
}

// checkLogits compares the logits of all classes with golden ones: within 1e-4 of the largest. No
// allowance for resizing is needed, as it equals Pillow's to the bit.
func checkLogits(t *testing.T, out string, want []float32) {
	t.Helper()
	lines := parseLines(t, out)
	if len(lines) != 1 || len(lines[0].Predictions) != len(want) {
		t.Fatalf("%d lines: %s", len(lines), out)
	}
	worst, scale := 0.0, 1e-3
	for i, p := range lines[0].Predictions {
		z := float64(want[p.Index])
		worst, scale = max(worst, math.Abs(float64(p.Logit)-z)), max(scale, math.Abs(z))
		if score := 1 / (1 + math.Exp(-float64(p.Logit))); math.Abs(score-float64(p.Score)) > 1e-7 {
			t.Errorf("class %d: score %v of logit %v", p.Index, p.Score, p.Logit)
		}
		if i > 0 && p.Score > lines[0].Predictions[i-1].Score {
			t.Errorf("score %v comes after a smaller one", p.Score)
		}
	}
	if !(worst <= 1e-4*scale) {
		t.Errorf("off by %g, the largest is %g", worst, scale)
	}
}

// goldenArgs is the command line that prints all logits of the golden image.
func goldenArgs(checkpoint string, args ...string) []string {
	return append([]string{
		"infer", "--model_path", checkpoint, "--pic_path", filepath.Join("testdata", "infer", "rgb.png"),
		"--th", "0", "--top_k", "0", "--logits", "--format", "json",
	}, args...)
}

func TestInferGivesPyTorchsLogitsFromEveryKindOfCheckpoint(t *testing.T) {
	for file, tag := range map[string]string{
		"tiny_zip.pth":                 "tiny",
		"tiny_bottleneck_legacy.pth":   "tiny_bottleneck",
		"tiny_v2_raw_zip.ckpt":         "tiny_v2",
		"tiny_bottleneck_half_zip.pth": "tiny_bottleneck",
	} {
		for i, c := range goldenCases {
			t.Run(file+"/"+c.name, func(t *testing.T) {
				want := readArray(t, filepath.Join("testdata", "infer", tag+"_"+c.name+".npy"))
				if strings.Contains(file, "half") {
					want = readArray(t, filepath.Join("testdata", "infer", "half_logits_"+tag+".npy"))[i*8 : (i+1)*8]
				}
				run := csl
				if i == 0 {
					run = process // the binary itself
				}
				code, out, err := run(t, goldenArgs(filepath.Join("..", "..", "internal", "checkpoint", "testdata", file), c.args...)...)
				if code != exitOK {
					t.Fatalf("code %d, stderr %q", code, err)
				}
				checkLogits(t, out, want)
			})
		}
	}
}
