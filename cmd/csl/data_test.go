package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/dataset"
)

func TestDataSynthMakesADataSetThatOpens(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "scenes")
	code, out, err := csl(t, "data", "synth", "--out", dir, "--train", "7", "--val", "3", "--size", "32", "--seed", "5")
	if code != exitOK || !strings.Contains(out, "7 training and 3 validation images of 32x32, ") || err != "" {
		t.Fatalf("code %d, stdout %q, stderr %q", code, out, err)
	}
	for split, want := range map[string]int{dataset.Train: 7, dataset.Val: 3} {
		c, err := dataset.Open(t.Context(), dataset.Options{Split: split, Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		if c.Set.Len() != want || c.Set.NumClasses() < 20 || len(c.Skipped) > 0 {
			t.Errorf("%s: %d images, %d classes, %d bad", split, c.Set.Len(), c.Set.NumClasses(), len(c.Skipped))
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	code, out, err = csl(t, "data", "synth", "--out", dir)
	if code != exitFailure || out != "" || !strings.Contains(err, "scenes") || strings.Count(err, "\n") != 1 {
		t.Errorf("into a full folder: code %d, stderr %q", code, err)
	}
}

func TestDataSynthWrongFlags(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x")
	for flags, want := range map[string]string{
		"":                            "--out is missing",
		"--out " + out + " --train 0": "--train 0",
		"--out " + out + " --val -1":  "--val -1",
		"--out " + out + " --size 8":  "--size 8: must be 32 to 1024",
	} {
		code, stdout, stderr := csl(t, append([]string{"data", "synth"}, strings.Fields(flags)...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, stderr %q", flags, code, stderr)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("a folder was made: %v", err)
	}
}
