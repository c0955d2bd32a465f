package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryPageWithTranscriptsHasAScript(t *testing.T) {
	scripts := read(t, os.DirFS(filepath.Join("testdata", "script")), "*.txtar")
	root := os.DirFS(filepath.Join("..", ".."))
	pages := 0
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		for name, text := range read(t, root, pattern) {
			steps, err := transcript(text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if len(steps) == 0 {
				continue
			}
			pages++
			run := false
			for _, script := range scripts {
				run = run || strings.Contains(script, "transcript $DOCS/"+name+"\n")
			}
			if !run {
				t.Errorf("%s has transcripts, which no script in testdata/script runs", name)
			}
		}
	}
	if pages < 2 {
		t.Errorf("%d pages with transcripts, want README.md and the tutorial at least", pages)
	}
}

// read is the text of the files that match, by name.
func read(t *testing.T, fsys fs.FS, pattern string) map[string]string {
	t.Helper()
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return texts
}
