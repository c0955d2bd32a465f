//go:build long

package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/onnx/onnxtest"
	"csl/internal/images/codec"
	"csl/internal/images/transform"
)

// ONNX Runtime computes of the file that the binary writes what csl infer prints, for one image and
// for three at once.
func TestExportedONNXGivesWhatInferPrints(t *testing.T) {
	dir := t.TempDir()
	names, table := filepath.Join(dir, "names.txt"), filepath.Join(dir, "t.csv")
	var classes []string
	var rows strings.Builder
	for i := range 8 {
		classes = append(classes, fmt.Sprintf("Ding %d: groß", i))
		fmt.Fprintf(&rows, "%q,0.%d\n", classes[i], i+1)
	}
	for path, text := range map[string]string{names: strings.Join(classes, "\n"), table: rows.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := []string{shared(t, "goldens", "image", "rgb.png"), shared(t, "goldens", "image", "gray.png"), shared(t, "goldens", "image", "q90_420.jpg")}
	const height, width = 64, 96
	x := planes(t, files, height, width)
	for _, tag := range []string{"tiny", "tiny_bottleneck", "tiny_v2"} {
		from, to := shared(t, "goldens", tag, "model_zip.pth"), filepath.Join(dir, tag+".onnx")
		if code, _, stderr := process(t, "export", "--model_path", from, "--out", to, "--classes", names, "--thresholds", table); code != exitOK {
			t.Fatalf("export: code %d, %s", code, stderr)
		}
		checkMetadata(t, to, classes)
		args := append([]string{
			"infer", "--model_path", from, "--input_size", fmt.Sprintf("%dx%d", height, width), "--th", "0", "--top_k", "0", "--logits", "--format", "json",
		}, files...)
		code, out, stderr := process(t, args...)
		if code != exitOK {
			t.Fatalf("infer: code %d, %s", code, stderr)
		}
		var want []float32
		for _, l := range parseLines(t, out) {
			for _, z := range logitsOf(l) {
				want = append(want, float32(z))
			}
		}
		for _, n := range []int{1, 3} {
			got := onnxtest.Run(t, to, x[:n*3*height*width], n, height, width)
			closeTo(t, fmt.Sprintf("%s, batch of %d", tag, n), got, want[:n*8])
		}
	}
}

// planes are images as the model gets them, [N,3,H,W] in 0 to 1.
func planes(t *testing.T, files []string, height, width int) []float32 {
	t.Helper()
	size := height * width
	x := make([]float32, len(files)*3*size)
	for n, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		full, _, err := codec.Decode(data, codec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := transform.Resize(full, width, height, transform.Bilinear)
		for i, v := range m.Pix {
			x[(n*3+i%3)*size+i/3] = float32(v) / 255
		}
	}
	return x
}

// closeTo checks the measure of the design: max|a-b| <= 1e-4*max(1e-3, max|want|).
func closeTo(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d logits, want %d", what, len(got), len(want))
	}
	worst, scale := 0.0, 1e-3
	for i, z := range want {
		worst, scale = max(worst, math.Abs(float64(got[i]-z))), max(scale, math.Abs(float64(z)))
	}
	t.Logf("%s: off by %.2g of the largest", what, worst/scale)
	if !(worst <= 1e-4*scale) {
		t.Errorf("%s: off by %g, the largest is %g", what, worst, scale)
	}
}

// checkMetadata reads the table of metadata (metadata_props, field 14 of ONNX's ModelProto) and what
// csl wrote there.
func checkMetadata(t *testing.T, path string, classes []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const metadataProps, key, value = 14, 1, 2
	table := map[string]string{}
	for number, field := range messages(t, content) {
		if number != metadataProps {
			continue
		}
		for _, entry := range field {
			e := messages(t, entry)
			table[string(e[key][0])] = string(e[value][0])
		}
	}
	var stored []checkpoint.Class
	var thresholds []float32
	if err := json.Unmarshal([]byte(table["csl.classes"]), &stored); err != nil {
		t.Fatalf("classes: %v in %q", err, table)
	}
	if err := json.Unmarshal([]byte(table["csl.thresholds"]), &thresholds); err != nil {
		t.Fatalf("thresholds: %v in %q", err, table)
	}
	var got []string
	for _, c := range stored {
		got = append(got, c.Name)
	}
	if !slices.Equal(got, classes) || len(thresholds) != 8 || thresholds[7] != 0.8 {
		t.Errorf("classes %q, thresholds %v", got, thresholds)
	}
}

// messages are the fields of a protobuf message that have a length, by number.
func messages(t *testing.T, b []byte) map[int][][]byte {
	t.Helper()
	const varint, fixed64, bytes, fixed32 = 0, 1, 2, 5
	fields := map[int][][]byte{}
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		b = b[n:]
		switch tag & 7 {
		case varint:
			_, n := binary.Uvarint(b)
			b = b[n:]
		case fixed64:
			b = b[8:]
		case fixed32:
			b = b[4:]
		case bytes:
			size, n := binary.Uvarint(b)
			b = b[n:]
			fields[int(tag>>3)] = append(fields[int(tag>>3)], b[:size])
			b = b[size:]
		default:
			t.Fatalf("wire type %d", tag&7)
		}
	}
	return fields
}
