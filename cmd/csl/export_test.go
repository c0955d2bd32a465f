package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
	"csl/internal/model"
	"csl/internal/safefile/faultfs"
)

// exported writes a checkpoint in another format and returns the file.
func exported(t *testing.T, from, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	code, out, err := csl(t, append([]string{"export", "--model_path", from, "--out", path}, args...)...)
	if code != exitOK || !strings.HasPrefix(out, path+": ") || err != "" {
		t.Fatalf("export to %s: code %d, stdout %q, stderr %q", name, code, out, err)
	}
	return path
}

func TestExportRoundTripsKeepEveryBit(t *testing.T) {
	for _, from := range []string{"tiny_zip.pth", "tiny_bottleneck_legacy.pth", "tiny_bottleneck_half_zip.pth", "tiny_v2_raw_zip.ckpt"} {
		_, want, _ := csl(t, goldenArgs(testCheckpoint(from), "--input_size", "64")...)
		own := exported(t, testCheckpoint(from), "a.safetensors")
		torch := exported(t, own, "b.pth")
		back := exported(t, torch, "c.weights", "--to", "safetensors")
		for _, path := range []string{own, torch, back} {
			if _, got, _ := csl(t, goldenArgs(path, "--input_size", "64")...); got != want || got == "" {
				t.Errorf("%s as %s:\n%swant\n%s", from, filepath.Base(path), got, want)
			}
		}
		// metadata aside, which a .pth has no place for, nothing is lost either way
		again := exported(t, back, "d.pth")
		b, err1 := os.ReadFile(torch)
		d, err2 := os.ReadFile(again)
		if err1 != nil || err2 != nil || !bytes.Equal(b, d) {
			t.Errorf("%s: .pth files before and after safetensors differ (%v, %v)", from, err1, err2)
		}
	}
}

func TestExportStoresClassNames(t *testing.T) {
	names := filepath.Join(t.TempDir(), "names.txt")
	if err := os.WriteFile(names, []byte("a\nb\nc\nd\ne\nf\ng\nh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := exported(t, testCheckpoint("tiny_v2_raw_zip.ckpt"), "m.safetensors", "--classes", names)
	_, out, _ := csl(t, "info", path, "--format", "json")
	var got checkpointInfo
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Classes) != 8 || got.Classes[7].Name != "h" || got.Version != version() {
		t.Errorf("%v: %s", err, out)
	}
	onnx := exported(t, path, "m.onnx")
	content, err := os.ReadFile(onnx)
	if err != nil || !bytes.Contains(content, []byte(`{"name":"h"}`)) || !bytes.Contains(content, []byte("logits")) {
		t.Errorf("the ONNX file lacks classes or outputs (%v)", err)
	}
}

func TestATorchFileKeepsWhatCslSaysOfTheModel(t *testing.T) {
	trained := checkpointtest.Checkpoint(t, fixture.Classes(), nil)
	thresholds := filepath.Join(t.TempDir(), "t.csv")
	var rows strings.Builder
	for i, c := range fixture.Classes() {
		fmt.Fprintf(&rows, "%s,0.%d\n", c, i+1)
	}
	if err := os.WriteFile(thresholds, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	path := exported(t, trained, "m.pth", "--thresholds", thresholds)
	_, out, _ := csl(t, "info", path, "--format", "json")
	var got checkpointInfo
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Input == nil || got.Input.Height != fixture.Size || len(got.Thresholds) != len(fixture.Classes()) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestOtherSlopesThanOthersAssumeAreSaid(t *testing.T) {
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	if got := otherSlopes(spec); got != "" {
		t.Errorf("%q", got)
	}
	spec.Slope = 0.5
	if got := otherSlopes(spec); !strings.Contains(got, "0.01 and 0.5") {
		t.Errorf("%q", got)
	}
}

func TestExportWrongInputsGiveOneClearLine(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.pth")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	from := testCheckpoint("tiny_zip.pth")
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--out", "x.pth"}, exitUsage, "--model_path is missing"},
		{[]string{"--model_path", from}, exitUsage, "--out is missing"},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "x")}, exitUsage, "has no known extension"},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "x"), "--to", "tflite"}, exitUsage, `--to "tflite": must be safetensors, onnx, pth, packed`},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "x.onnx"), "--batch_size", "2"}, exitUsage, "--batch_size and --image_size are for --to packed"},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "x.packed"), "--batch_size", "0"}, exitUsage, "--batch_size 0: must be at least 1"},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "x.packed"), "--image_size", "50"}, exitUsage, "--image_size: input size 50x50"},
		{[]string{"--model_path", from, "--out", there}, exitFailure, "file exists; use --force to overwrite it"},
		{[]string{"--model_path", "none.pth", "--out", filepath.Join(dir, "x.pth")}, exitFailure, "no such file"},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "no", "x.pth")}, exitFailure, "no such file"},
		{[]string{"--model_path", from, "--out", filepath.Join(dir, "x.pth"), "--classes", "none"}, exitFailure, "no such file"},
	} {
		code, out, err := csl(t, append([]string{"export"}, x.args...)...)
		if code != x.code || out != "" || !strings.Contains(err, x.want) {
			t.Errorf("%v: code %d, stdout %q, stderr %q", x.args, code, out, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if code, _, stderr := csl(t, "export", "--model_path", from, "--out", there, "--force"); code != exitOK {
		t.Errorf("--force: %s", stderr)
	}
}

func TestExportLeavesNothingHalfWritten(t *testing.T) {
	for _, to := range []string{"pth", "onnx", "safetensors"} {
		for _, room := range []int64{0, 1000, 300_000} {
			dir := t.TempDir()
			s, _, stderr := fakeStreams()
			s.fs = faultfs.Full(room)
			code := run(t.Context(), []string{"export", "--model_path", testCheckpoint("tiny_zip.pth"), "--out", filepath.Join(dir, "m."+to)}, s)
			entries, err := os.ReadDir(dir)
			if code != exitFailure || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "no space left") || len(entries) > 0 || err != nil {
				t.Errorf("%s, room for %d bytes: code %d, stderr %q, left %v", to, room, code, stderr, entries)
			}
		}
	}
}

func TestExportedThresholdsDecideWhatInferReports(t *testing.T) {
	dir := t.TempDir()
	table, out := filepath.Join(dir, "t.csv"), filepath.Join(dir, "m.safetensors")
	var rows strings.Builder
	for i := range 8 {
		value := "1"
		if i == 5 {
			value = "0"
		}
		fmt.Fprintf(&rows, "class_%02d,%s\n", i, value)
	}
	if err := os.WriteFile(table, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, err := csl(t, "export", "--model_path", tinyModel(), "--out", out, "--thresholds", table); code != exitOK {
		t.Fatalf("export: code %d, %s", code, err)
	}
	code, text, err := csl(t, "infer", "--model_path", out, "--pic_path", filepath.Join(album(t), "a.png"), "--input_size", "64", "--format", "csv")
	if code != exitOK || strings.Count(text, "class_") != 1 || !strings.Contains(text, "class_05") {
		t.Errorf("infer: code %d, %s\n%s", code, err, text)
	}
}
