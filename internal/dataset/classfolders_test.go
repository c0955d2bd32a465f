package dataset

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/labels"
)

func TestPackedArchivesAreNotTakenForLabels(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.tar.gz")
	fixture.Write(t, path, "\x1f\x8b")
	for _, o := range []Options{{Split: Train, Root: path}, {Split: Train, Root: dir, Annotations: path}} {
		if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "unpack it") || !strings.Contains(err.Error(), path) {
			t.Error(err)
		}
	}
	if _, err := Open(context.Background(), Options{Split: Train, Root: filepath.Join(dir, "*.tar")}); err == nil || !strings.Contains(err.Error(), "no file or folder matches") {
		t.Error(err)
	}
}

func TestFoldersOfClassesAreRecognised(t *testing.T) {
	d := fixture.Make(t, 2, 0)
	img, err := os.ReadFile(filepath.Join(d.Dir, d.Images[0]))
	if err != nil {
		t.Fatal(err)
	}
	layout := func(paths ...string) string {
		root := t.TempDir()
		for _, p := range paths {
			if err := os.MkdirAll(filepath.Join(root, filepath.Dir(p)), 0o777); err != nil {
				t.Fatal(err)
			}
			fixture.Write(t, filepath.Join(root, p), string(img))
		}
		return root
	}
	root := layout("cat/1.png", "dog/1.png", "dog/2.png", ".thumbs/x")
	for _, o := range []Options{{Split: Train, Root: root}, {Split: Train, Root: root, Annotations: root, Format: "auto"}} {
		c, err := Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if c.Report.Format != labels.Folders || strings.Join(c.Names(), " ") != "cat dog" || c.Set.Len() != 3 {
			t.Errorf("%v", c.Report)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, root := range map[string]string{
		"a loose file": layout("cat/1.png", "dog/1.png", "x.png"), "parts": layout("train2014/1.png", "val2014/1.png"),
		"one folder": layout("cat/1.png"), "no images": layout("cat/1.png", "dog/notes.md"),
	} {
		if _, err := Open(context.Background(), Options{Split: Train, Root: root}); err == nil || !strings.Contains(err.Error(), "no COCO annotations") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
