package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/modelfile"
	"csl/internal/rundir"
)

func TestAnInterruptedEstimateSaysHowToGoOn(t *testing.T) {
	trained, empty := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(trained, rundir.Best), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("disk full")
	for _, x := range []struct {
		o    priorOptions
		err  error
		run  string
		want string
	}{
		{priorOptions{}, context.Canceled, trained, "interrupted; the temporary model is trained and kept; resume with: the same command with --resume: "},
		{priorOptions{}, context.Canceled, empty, ""},
		{priorOptions{model: modelfile.Options{Path: "m"}}, context.Canceled, trained, ""},
		{priorOptions{}, broken, trained, "disk full"},
	} {
		got := x.o.interrupted(x.err, x.run)
		if !errors.Is(got, x.err) || strings.TrimSuffix(got.Error(), context.Canceled.Error()) != x.want {
			t.Errorf("%v: %v, want %q", x.err, got, x.want)
		}
	}
}

func TestPathsAreQuotedForTheShell(t *testing.T) {
	for path, want := range map[string]string{"runs/a-1": "runs/a-1", "my run": "'my run'", "it's": `'it'\''s'`} {
		if got := shellWord(path); got != want {
			t.Errorf("%q becomes %s, want %s", path, got, want)
		}
	}
}
