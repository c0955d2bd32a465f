package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testCheckpoint is a file of internal/checkpoint/testdata.
func testCheckpoint(name string) string {
	return filepath.Join("..", "..", "internal", "checkpoint", "testdata", name)
}

func TestInfoDescribesEveryKindOfCheckpoint(t *testing.T) {
	for file, want := range map[string]checkpointInfo{
		"tiny_zip.pth":                 {Format: "PyTorch zip", Wrapped: "model", Model: "tresnet_tiny", Head: "plain", Tensors: 100, Parameters: 129808, StemSlope: 1e-2, Slope: 1e-3},
		"tiny_bottleneck_legacy.pth":   {Format: "PyTorch legacy", Wrapped: "model", Model: "tresnet_tiny", Head: "bottleneck", HeadHidden: 32, Tensors: 100, Parameters: 136240, StemSlope: 1e-2, Slope: 1e-3},
		"tiny_bottleneck_half_zip.pth": {Format: "PyTorch zip", Wrapped: "model", Model: "tresnet_tiny", Head: "bottleneck", HeadHidden: 32, Tensors: 100, Parameters: 136240, StemSlope: 1e-2, Slope: 1e-3},
		"tiny_v2_raw_zip.ckpt":         {Format: "PyTorch zip", Model: "tresnet", Head: "plain", Tensors: 116, Parameters: 140144, StemSlope: 1e-6, Slope: 1e-6},
	} {
		code, out, err := csl(t, "info", testCheckpoint(file), "--format", "json")
		var got checkpointInfo
		if code != exitOK || json.Unmarshal([]byte(out), &got) != nil {
			t.Fatalf("%s: code %d, stdout %q, stderr %q", file, code, out, err)
		}
		content, readErr := os.ReadFile(testCheckpoint(file))
		sum := sha256.Sum256(content)
		if readErr != nil || got.SHA256 != hex.EncodeToString(sum[:]) || got.Size != int64(len(content)) {
			t.Errorf("%s: sum %s, %d bytes", file, got.SHA256, got.Size)
		}
		if got.Format != want.Format || got.Wrapped != want.Wrapped || got.Model != want.Model || got.Head != want.Head || got.HeadHidden != want.HeadHidden ||
			got.Parameters != want.Parameters || got.StemSlope != want.StemSlope || got.Slope != want.Slope ||
			got.Naming != "Alibaba" || got.NumClasses != 8 || got.Problem != "" {
			t.Errorf("%s: %+v", file, got)
		}
		_, text, _ := csl(t, "info", testCheckpoint(file))
		for _, part := range []string{got.SHA256, got.Model, string(got.Head), "|s| + 1e-5", "8 classes"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q lacks %q", file, text, part)
			}
		}
	}
}

func TestInfoOfAModelIsATableWithTotals(t *testing.T) {
	code, out, err := csl(t, "info", "--model_name", "tresnet_m", "--input_size", "224", "--num_classes", "9605", "--mode", "train", "--batch_size", "16", "--format", "json")
	var m modelInfo
	if code != exitOK || json.Unmarshal([]byte(out), &m) != nil {
		t.Fatalf("code %d, stderr %q", code, err)
	}
	var params, flops int64
	for _, l := range m.Layers {
		params += l.Parameters
		flops += l.FLOPs
	}
	if m.Parameters != 49_020_677 || params != m.Parameters || flops != m.FLOPs || m.RunFLOPs < 2*m.FLOPs || m.ArenaBytes > 630e6 || m.Height != 224 {
		t.Errorf("parameters %d (layers %d), FLOPs %d (layers %d), run %d, arena %d", m.Parameters, params, m.FLOPs, flops, m.RunFLOPs, m.ArenaBytes)
	}
	code, out, err = csl(t, "info", "--model_name", "tresnet_tiny", "--input_size", "32x64", "--head", "bottleneck")
	if code != exitOK || !strings.Contains(out, "tresnet_tiny, bottleneck head, 80 classes, 1 x 32x64 pixels") || !strings.Contains(out, "arena (infer)") ||
		!strings.Contains(out, "head.fc.FC") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
}

func TestInfoSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.pth")
	if err := os.WriteFile(file, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]struct {
		code int
		text string
	}{
		"info":         {exitUsage, "nothing to describe"},
		"info a b":     {exitUsage, `but got "b"`},
		"info none":    {exitFailure, "no such file"},
		"info " + file: {exitFailure, "web page"},
		"info " + file + " --model_name tresnet_m":                 {exitUsage, "not both"},
		"info --model_name tresnet_q":                              {exitUsage, "tresnet_q"},
		"info --model_name tresnet_m --mode x":                     {exitUsage, `--mode "x": must be infer or train`},
		"info --model_name tresnet_m --batch_size 0":               {exitUsage, "--batch_size 0"},
		"info --model_name tresnet_m --input_size 30":              {exitUsage, "multiples of 4"},
		"info --model_name tresnet_m --format csv":                 {exitUsage, `--format "csv"`},
		"info " + testCheckpoint("tiny_zip.pth") + " --format csv": {exitUsage, `--format "csv"`},
	} {
		code, out, err := csl(t, strings.Fields(line)...)
		if code != want.code || out != "" || !strings.Contains(err, want.text) {
			t.Errorf("csl %s: code %d, stdout %q, stderr %q", line, code, out, err)
		}
	}
}

func TestNumbersAreGroupedByThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
