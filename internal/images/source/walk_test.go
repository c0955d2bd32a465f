//go:build unix

package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"csl/internal/images/imagestest"
)

func TestFolderFollowsLinksAndEndsInLoops(t *testing.T) {
	dir := t.TempDir()
	imagestest.Must(t, os.MkdirAll(filepath.Join(dir, "far", "in"), 0o755))
	imagestest.Must(t, os.MkdirAll(filepath.Join(dir, "root"), 0o755))
	imagestest.Must(t, os.WriteFile(filepath.Join(dir, "far", "in", "x.jpg"), []byte("x"), 0o644))
	imagestest.Must(t, os.Symlink(filepath.Join(dir, "far"), filepath.Join(dir, "root", "linked")))
	imagestest.Must(t, os.Symlink(filepath.Join(dir, "root"), filepath.Join(dir, "far", "loop")))
	imagestest.Must(t, os.Symlink("nowhere", filepath.Join(dir, "root", "dangling.jpg")))
	imagestest.Must(t, os.Symlink(filepath.Join(dir, "root"), filepath.Join(dir, "alias")))
	s, err := Open(t.Context(), filepath.Join(dir, "alias"))
	imagestest.Must(t, err)
	got, err := s.Names()
	if want := []string{"linked/in/x.jpg"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if key, err := s.Resolve("x.jpg"); err != nil || key != "linked/in/x.jpg" {
		t.Errorf("x.jpg: %q, %v", key, err)
	}
}

func TestFoldersLinkedToEachOtherAreListedOnce(t *testing.T) {
	dir := t.TempDir()
	const n = 8
	for i := range n {
		sub := filepath.Join(dir, fmt.Sprint("s", i))
		imagestest.Must(t, os.Mkdir(sub, 0o755))
		imagestest.Must(t, os.WriteFile(filepath.Join(sub, fmt.Sprintf("p%d.jpg", i)), nil, 0o644))
		for k := range n {
			imagestest.Must(t, os.Symlink(fmt.Sprint("../s", k), filepath.Join(sub, fmt.Sprint("to", k))))
		}
	}
	s, err := Open(t.Context(), dir)
	imagestest.Must(t, err)
	got, err := s.Names()
	if err != nil || len(got) != n || got[0] != "s0/p0.jpg" {
		t.Errorf("got %v, %v", got, err)
	}
	if notes := strings.Join(s.Notes(), "; "); !strings.Contains(notes, "listed already") || !strings.Contains(notes, "63 more links") {
		t.Errorf("notes %q", notes)
	}
}

func TestAFolderIsListedUnderItsOwnNameRatherThanALinks(t *testing.T) {
	dir := t.TempDir()
	imagestest.Must(t, os.Mkdir(filepath.Join(dir, "real"), 0o755))
	imagestest.Must(t, os.WriteFile(filepath.Join(dir, "real", "x.jpg"), nil, 0o644))
	imagestest.Must(t, os.Symlink("real", filepath.Join(dir, "alias")))
	s, err := Open(t.Context(), dir)
	imagestest.Must(t, err)
	if got, err := s.Names(); err != nil || !slices.Equal(got, []string{"real/x.jpg"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if key, err := s.Resolve("alias/x.jpg"); err != nil || key != "alias/x.jpg" {
		t.Errorf("got %q, %v: a path through the link stays one", key, err)
	}
}

func TestPipesAreNeverOpened(t *testing.T) {
	dir := t.TempDir()
	imagestest.Must(t, syscall.Mkfifo(filepath.Join(dir, "pipe.jpg"), 0o644))
	imagestest.Must(t, os.WriteFile(filepath.Join(dir, "x.jpg"), nil, 0o644))
	s, err := Open(t.Context(), dir)
	imagestest.Must(t, err)
	if got, err := s.Names(); err != nil || !slices.Equal(got, []string{"x.jpg"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if notes := strings.Join(s.Notes(), "; "); !strings.Contains(notes, "pipe.jpg") {
		t.Errorf("notes %q", notes)
	}
	if _, err := s.ReadFile("pipe.jpg", nil); err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "pipe.jpg")); err == nil {
		t.Error("a pipe was opened as a tar archive")
	}
}
