package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnInputIsNeverOverwritten(t *testing.T) {
	const text = "image,label,value\na.jpg,dog,1\n"
	labels := filepath.Join(t.TempDir(), "l.csv")
	if err := os.WriteFile(labels, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	link := labels + ".link"
	if err := os.Link(labels, link); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"estimate-prior", "--data", t.TempDir(), "--annotations", labels, "--out", labels},
		{"estimate-prior", "--data", t.TempDir(), "--annotations", labels, "--out", link},
		{"validate", "--model_path", "m", "--data", t.TempDir(), "--annotations", labels, "--save_scores", labels},
		{"validate", "--model_path", "m", "--data", t.TempDir(), "--annotations", labels, "--pr_curves", labels},
		{"validate", "--scores", labels, "--annotations", "l.csv", "--pr_curves", labels},
		{"thresholds", "--scores", labels, "--annotations", "l.csv", "--out", labels},
		{"data", "stats", "--annotations", labels, "--out", labels},
		{"data", "check", "--annotations", labels, "--no_images", "--out", labels},
		{"data", "simulate", "--annotations", labels, "--simulate_partial_type", "rps", "--simulate_partial_param", "0.5", "--out", labels},
		{"data", "convert", "--annotations", labels, "--to", "jsonl", "--out", labels},
	} {
		code, _, stderr := csl(t, args...)
		got, err := os.ReadFile(labels)
		if code != exitUsage || !strings.Contains(stderr, "the command reads this file") || err != nil || string(got) != text {
			t.Errorf("%s: exit %d, file %q, %v: %s", strings.Join(args, " "), code, got, err, stderr)
		}
	}
}

func TestTheBestWeightsOfARunDirectoryAreNeverOverwritten(t *testing.T) {
	dir := t.TempDir()
	best := filepath.Join(dir, "best.safetensors")
	if err := os.WriteFile(best, []byte("weights"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := notRead("--report", best, dir); err == nil {
		t.Error("the weights of a run directory that the command reads may be overwritten")
	}
	if err := notRead("--report", filepath.Join(dir, "page.html"), dir); err != nil {
		t.Errorf("a new file in the run directory is refused: %v", err)
	}
}
