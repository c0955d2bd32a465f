package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadFileGivesWhatWasWrittenWhateverTheEnvironmentSays(t *testing.T) {
	want := Default()
	want.Loss.TopK, want.Train.Out, want.Data.Mean = 3, "somewhere", []float64{0.5, 0.4, 0.3}
	want.Data.Std = []float64{1, 2, 3}
	path := filepath.Join(t.TempDir(), "config.yaml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := want.Write(f, "a header", false); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CSL_LOSS_TOPK", "7")
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, b := want.Values(), got.Values()
	for key, value := range a {
		if b[key] != value {
			t.Errorf("%s: got %s, want %s", key, b[key], value)
		}
	}
}

func TestReadFileNamesWrongLines(t *testing.T) {
	for text, want := range map[string]string{
		"loss:\n  topkk: 3\n":                 `line 2: loss.topkk: is not a known key`,
		"loss:\n  topk: many\n":               `line 2: loss.topk: "many" is not allowed`,
		"loss:\n  topk: 3\n  topk: 4\n":       `loss.topk`,
		"loss: [\n":                           `read config`,
		"model:\n  name: 3\nloss:\n  clip: 2": `line 4: loss.clip`,
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("no error for a missing file")
	}
}
