package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/timmtest"
)

// timmTwin writes what timm would store of the same function as a checkpoint: its names, and scales
// that are used as they are. Every second scale is negative, with the convolution and the mean to go
// with it.
func timmTwin(t *testing.T, from string) string {
	t.Helper()
	w, _, err := checkpoint.ReadModel(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	var outs []checkpoint.Out
	for _, o := range checkpoint.Tensors(w) {
		name := timmtest.Name(o.Name)
		if o.Ints != nil {
			o.Name = name
			outs = append(outs, o)
			continue
		}
		data := o.Floats()
		switch {
		case strings.HasSuffix(name, ".bn.weight"):
			for i, g := range data {
				data[i] = float32(math.Abs(float64(g))) + 1e-5
			}
			negateOdd(data, 1)
		case strings.HasSuffix(name, ".bn.running_mean"):
			negateOdd(data, 1)
		case strings.HasSuffix(name, ".conv.weight"):
			negateOdd(data, len(data)/o.Shape[0])
		}
		outs = append(outs, checkpoint.FloatOut(name, data, o.Shape...))
	}
	path := filepath.Join(t.TempDir(), "timm.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := checkpoint.WriteSafetensors(f, outs, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// negateOdd negates every second group of values.
func negateOdd(data []float32, group int) {
	for i := range data {
		if i/group%2 == 1 {
			data[i] = -data[i]
		}
	}
}

func describedAs(t *testing.T, path string) checkpointInfo {
	t.Helper()
	code, out, stderr := csl(t, "info", path, "--format", "json")
	var c checkpointInfo
	if err := json.Unmarshal([]byte(out), &c); code != exitOK || err != nil || c.Problem != "" {
		t.Fatalf("info %s: code %d, %v, stderr %q\n%s", path, code, err, stderr, out)
	}
	return c
}

func TestATimmCheckpointIsNamedReadAndConverted(t *testing.T) {
	for file, tag := range map[string]string{"tiny_zip.pth": "tiny", "tiny_bottleneck_legacy.pth": "tiny_bottleneck"} {
		path := timmTwin(t, testCheckpoint(file))
		if c := describedAs(t, path); c.Naming != "timm" || c.Model != "tresnet_tiny" || c.NumClasses != 8 {
			t.Errorf("%s: %+v", tag, c)
		}
		_, text, _ := csl(t, "info", path)
		if !strings.Contains(text, "timm: scales are used as they are") {
			t.Errorf("%s: described as\n%s", tag, text)
		}
		want := readArray(t, filepath.Join("testdata", "infer", tag+"_bilinear_64x64.npy"))
		var onnx [][]byte
		for _, from := range []string{path, exported(t, path, "m.pth"), exported(t, path, "m.safetensors")} {
			code, out, stderr := csl(t, goldenArgs(from, "--input_size", "64")...)
			if code != exitOK {
				t.Fatalf("%s: code %d, stderr %q", from, code, stderr)
			}
			checkLogits(t, out, want)
			if from != path {
				if c := describedAs(t, from); c.Naming != "Alibaba" {
					t.Errorf("%s: %+v", from, c)
				}
				checkNames(t, from, testCheckpoint(file))
			}
			content, err := os.ReadFile(exported(t, from, "m.onnx"))
			if err != nil {
				t.Fatal(err)
			}
			onnx = append(onnx, content)
		}
		if !bytes.Equal(onnx[0], onnx[1]) || !bytes.Equal(onnx[0], onnx[2]) {
			t.Errorf("%s: the ONNX files of the checkpoint and of its exports differ", tag)
		}
	}
}

// checkNames makes sure that a file has the tensors of the model in another one, by name.
func checkNames(t *testing.T, got, like string) {
	t.Helper()
	w, _, err := checkpoint.ReadModel(t.Context(), like)
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(got)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if a, b := len(f.Tensors()), len(w.Entries()); a != b {
		t.Errorf("%s has %d tensors, the model %d", got, a, b)
	}
	for _, e := range w.Entries() {
		if _, ok := f.Tensor(e.Name); !ok {
			t.Errorf("%s has no %s", got, e.Name)
		}
	}
}
