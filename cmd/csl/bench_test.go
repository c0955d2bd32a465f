package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestBenchPrintsOneJSONObject(t *testing.T) {
	code, out, err := csl(t, strings.Fields(
		"bench --model-name tresnet_tiny --input_size 32 --num_classes 5 --batch_size 3 --mode train --seconds 0 --profile --threads 2 --format json")...)
	if code != exitOK || !strings.HasPrefix(err, "measuring model=tresnet_tiny") || strings.Count(out, "\n") != 1 {
		t.Fatalf("code %d, stdout %q, stderr %q", code, out, err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"model": "tresnet_tiny", "size": 32., "classes": 5., "batch": 3., "mode": "train", "threads": 2., "ema": true,
	} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
	for _, key := range []string{"images_per_second", "images_per_second_median", "gflops", "arena_bytes", "work_bytes"} {
		if v, _ := got[key].(float64); !(v > 0) {
			t.Errorf("%s: %v", key, got[key])
		}
	}
	for _, key := range []string{"peak_fraction", "peak_gflops", "rss_bytes", "kernels", "allocs_per_step", "profile"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q in %s", key, out)
		}
	}
}

func TestBenchPrintsText(t *testing.T) {
	code, out, err := csl(t, strings.Fields(
		"bench --model_name tresnet_tiny --input_size 32 --batch_size 2 --mode train --no_ema --seconds 0 --quiet")...)
	if code != exitOK || err != "" || !strings.HasPrefix(out, "tresnet_tiny, train, 32 px, batch 2, 80 classes\n") || !strings.Contains(out, "img/s") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	for args, want := range map[string]string{
		"--model_name tresnet_q": `--model_name: unknown model "tresnet_q"`,
		"--input_size 30":        "--image_size: input size 30x30",
		"--batch_size 0":         "--batch_size 0: must be at least 1",
		"--mode both":            `--mode "both": must be infer or train`,
		"--seconds=-1":           "--seconds -1: must be at least 0",
		"--format csv":           `--format "csv": must be text or json`,
	} {
		code, out, err := csl(t, strings.Fields("bench "+args)...)
		if code != exitUsage || out != "" || !strings.Contains(err, want) {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, out, err)
		}
	}
}
