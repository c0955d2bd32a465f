package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
)

// twoModels is a checkpoint with regular and averaged weights and a tensor beside them.
func twoModels(t *testing.T) string {
	t.Helper()
	w, _, err := checkpoint.ReadModel(t.Context(), checkpointtest.Checkpoint(t, fixture.Classes(), nil))
	if err != nil {
		t.Fatal(err)
	}
	var outs []checkpoint.Out
	for _, prefix := range []string{"model.", "ema_model."} {
		for _, o := range checkpoint.Tensors(w) {
			o.Name = prefix + o.Name
			outs = append(outs, o)
		}
	}
	outs = append(outs, checkpoint.FloatOut("criterion.w", []float32{1}, 1))
	var b bytes.Buffer
	if err := checkpoint.WriteSafetensors(io.Writer(&b), outs, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "two.safetensors")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWeightsAndStrictnessAreChosenByFlags(t *testing.T) {
	from := twoModels(t)
	export := func(flags ...string) (int, string) {
		code, _, err := csl(t, append([]string{"export", "--model_path", from, "--out", filepath.Join(t.TempDir(), "m.onnx")}, flags...)...)
		return code, err
	}
	if code, err := export(); code != exitFailure || !strings.Contains(err, "1 unexpected (criterion.w)") || !strings.Contains(err, "--strict=false") {
		t.Errorf("strict: code %d, %s", code, err)
	}
	if code, err := export("--strict=false"); code != exitOK || !strings.Contains(err, `the regular weights ("model.") are used`) || !strings.Contains(err, "--weights ema takes those") {
		t.Errorf("default: code %d, %s", code, err)
	}
	if code, err := export("--strict=false", "--weights", "ema"); code != exitOK || strings.Contains(err, "are used") {
		t.Errorf("ema: code %d, %s", code, err)
	}
	if code, err := export("--weights", "best"); code != exitUsage || !strings.Contains(err, "must be auto, model or ema") {
		t.Errorf("best: code %d, %s", code, err)
	}
	code, out, err := csl(t, "info", from, "--weights", "ema")
	if code != exitOK || !strings.Contains(out, "the averaged weights") || !strings.Contains(out, "1 tensor of no model (criterion.w)") {
		t.Errorf("info: code %d, %s, %s", code, out, err)
	}
}
