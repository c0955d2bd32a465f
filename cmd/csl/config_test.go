package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"csl/internal/config"
)

func TestConfigShowHasEveryKeyWithDefaultFlagAndMeaning(t *testing.T) {
	code, out, err := csl(t, "config", "show")
	if code != exitOK || err != "" {
		t.Fatalf("code %d, stderr %q", code, err)
	}
	lines := strings.Split(out, "\n")
	for i, k := range config.Keys() {
		for _, want := range []string{k.Name + " ", " " + k.Default + " ", k.Flag, k.Meaning} {
			if !strings.Contains(lines[i+1], want) {
				t.Errorf("line %q lacks %q", lines[i+1], want)
			}
		}
	}
}

func TestConfigShowTellsWhereValuesComeFrom(t *testing.T) {
	t.Setenv("CSL_LOSS_CLIP", "0.05")
	_, out, _ := csl(t, "config", "show", "--set", "loss.topk=9")
	rows := map[string][]string{}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 0 {
			rows[f[0]] = f[1:]
		}
	}
	for key, want := range map[string]string{
		"loss.topk": "9 5 --set", "loss.clip": "0.05 0 environment CSL_LOSS_CLIP", "loss.gamma_neg": "1 1",
	} {
		if got := strings.Join(rows[key], " "); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestConfigShowWrapsOnATerminal(t *testing.T) {
	for _, width := range []int{100, 120, 60} {
		s, out, _ := fakeStreams()
		s.outTTY, s.width = true, func() int { return width }
		if code := run(context.Background(), []string{"config", "show"}, s); code != exitOK {
			t.Fatal(code)
		}
		table, _, _ := strings.Cut(out.String(), "\n\n")
		for line := range strings.SplitSeq(table, "\n") {
			if n := utf8.RuneCountInString(line); width >= 100 && n > width {
				t.Errorf("width %d: %d columns: %q", width, n, line)
			}
		}
	}
}

func TestConfigShowAsYAMLIsAConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	_, first, _ := csl(t, "config", "show", "--format", "yaml", "--set", "model.stages=1,1,2,1", "--set", "prior.path=a b")
	if err := os.WriteFile(path, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	code, second, err := csl(t, "config", "show", "--format", "yaml", "--config", path)
	if code != exitOK || first != second {
		t.Errorf("code %d, stderr %q\n%s\n%s", code, err, first, second)
	}
}

func TestConfigInitWritesAStarterThatLoads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	code, out, err := csl(t, "config", "init", "--out", path)
	if code != exitOK || out != "" || !strings.Contains(err, "c.yaml") {
		t.Fatalf("code %d, stdout %q, stderr %q", code, out, err)
	}
	_, printed, _ := csl(t, "config", "init")
	written, readErr := os.ReadFile(path)
	if readErr != nil || string(written) != printed {
		t.Errorf("file and standard output differ (%v)", readErr)
	}
	cfg, origins, loadErr := config.Load(config.Sources{File: path})
	if loadErr != nil || len(origins) != len(config.Keys()) {
		t.Fatalf("%v, %d keys", loadErr, len(origins))
	}
	changed := 0
	for name, value := range cfg.Values() {
		if value != config.Starter().Values()[name] {
			t.Errorf("%s = %s", name, value)
		}
		if byDefault := config.Default().Values()[name]; value != byDefault {
			changed++
			if !commented(printed, name, byDefault) {
				t.Errorf("%s = %s: the comment does not name the default, %s", name, value, byDefault)
			}
		}
	}
	if n := strings.Count(printed, "; default "); n != changed || n == 0 {
		t.Errorf("%d comments name a default, %d settings differ from it", n, changed)
	}
}

// commented is whether the line of the setting called name says that value is the default.
func commented(file, name, value string) bool {
	leaf := name[strings.LastIndexByte(name, '.')+1:]
	for line := range strings.Lines(file) {
		if strings.HasPrefix(strings.TrimSpace(line), leaf+":") && strings.HasSuffix(line, "; default "+value+"\n") {
			return true
		}
	}
	return false
}

func TestConfigInitKeepsAnExistingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, err := csl(t, "config", "init", "-o", path)
	if kept, _ := os.ReadFile(path); code != exitFailure || string(kept) != "mine" || !strings.Contains(err, "--force") {
		t.Errorf("code %d, stderr %q, file %q", code, err, kept)
	}
	code, _, err = csl(t, "config", "init", "-o", path, "--force", "--quiet")
	if now, _ := os.ReadFile(path); code != exitOK || err != "" || !strings.Contains(string(now), "loss:") {
		t.Errorf("code %d, stderr %q, file %q", code, err, now)
	}
}

func TestConfigInitIntoAMissingFolderFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "c.yaml")
	code, _, err := csl(t, "config", "init", "-o", path)
	if code != exitFailure || strings.Count(err, "\n") != 1 || !strings.Contains(err, "c.yaml") {
		t.Errorf("code %d, stderr %q", code, err)
	}
}
