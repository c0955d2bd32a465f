package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// variables holds the key of a script's environment among its values.
type variables struct{}

// TestScripts runs the command lines of testdata/script, each file in a new folder. Besides
// the usual commands of testscript there are csl, "transcript FILE.md" (see transcript_test.go), and
// the variables MODEL, a small checkpoint with the classes class_00 to class_07, and DOCS, the root
// of the repository.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("trains models")
	}
	model, err := filepath.Abs(tinyModel())
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("MODEL", model)
			e.Setenv("DOCS", root)
			e.Values[variables{}] = e
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"transcript": runTranscript},
	})
}
