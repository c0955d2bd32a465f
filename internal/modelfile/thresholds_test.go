package modelfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/checkpoint"
)

func TestReadThresholdsMatchesByNameAndID(t *testing.T) {
	classes := []checkpoint.Class{{ID: "/m/01", Name: "cat"}, {ID: "/m/02", Name: "big dog"}, {Name: "fish"}}
	read := func(text string) ([]float32, error) {
		path := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadThresholds(t.Context(), path, classes, "")
	}
	want := []float32{0.5, 0.25, 1}
	for _, text := range []string{
		"class,threshold\nfish,1\ncat,0.5\nbig dog,0.25\n",
		"/m/02,0.25\n/m/01,0.5\nfish,1\n",
	} {
		if got, err := read(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, say := range map[string]string{
		"cat,0.5\nfish,1\n":               `1 of 3 classes have none, such as "big dog"`,
		"cat,0.5\ncat,0.6\n":              `line 2: class "cat" appears twice`,
		"cat,0.5\n/m/01,0.6\n":            `line 2: class "/m/01" appears twice`,
		"cat,0.5\nfihs,0.6\n":             `line 2: the checkpoint has no class "fihs"; did you mean "fish"?`,
		"cat,1.5\n":                       `line 1: threshold "1.5" of class "cat": must be a number from 0 to 1`,
		"cat,NaN\n":                       "must be a number from 0 to 1",
		"cat,0.5,x\n":                     "line 1: 3 fields, want class,threshold",
		"":                                "the file is empty",
		"class,threshold\nfish,high\n":    `line 2: threshold "high"`,
		"cat,0.5\nclass,threshold\nx,1\n": `line 2: threshold "threshold"`,
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q", text, err, say)
		}
	}
	if _, err := ReadThresholds(t.Context(), filepath.Join(t.TempDir(), "none"), classes, ""); err == nil {
		t.Error("a missing file was read")
	}
}
