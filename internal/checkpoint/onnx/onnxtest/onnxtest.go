// Package onnxtest runs ONNX files in ONNX Runtime, for tests. It needs Node.js and npm, which
// scripts/oracles.sh installs.
package onnxtest

import (
	"bytes"
	_ "embed" // of run.js
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed run.js
var script []byte

// Run gives the logits [N,classes] that ONNX Runtime computes of images x, [N,3,H,W] in 0 to 1. The
// script checks the scores against them.
func Run(t *testing.T, model string, x []float32, n, height, width int) []float32 {
	t.Helper()
	dir := t.TempDir()
	js, in, out := filepath.Join(dir, "run.js"), filepath.Join(dir, "x"), filepath.Join(dir, "y")
	var raw bytes.Buffer
	if err := binary.Write(&raw, binary.LittleEndian, x); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{js: script, in: raw.Bytes()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", js, model, in, fmt.Sprint(n), fmt.Sprint(height), fmt.Sprint(width), out)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules(t))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ONNX Runtime: %v\n%s", err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float32, len(b)/4)
	if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, y); err != nil {
		t.Fatal(err)
	}
	return y
}

// modules is a folder with ONNX Runtime, installed from npm on first use.
func modules(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "csl-test-node")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "onnxruntime-node", "package.json")); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	// without scripts: they would only fetch the CUDA part
	cmd := exec.Command("npm", "install", "--ignore-scripts", "--no-audit", "--prefix", dir, "onnxruntime-node@1.30.0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("install onnxruntime-node: %v\n%s", err, out)
	}
	return filepath.Join(dir, "node_modules")
}
