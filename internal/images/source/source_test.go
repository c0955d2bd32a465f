package source

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"csl/internal/images/imagestest"
)

// tree is a small data set: path and content.
var tree = []struct{ path, content string }{
	{"train/a.jpg", "content of a"},
	{"train/deep/b.JPG", "content of b"},
	{"val/a.jpg", "another a"},
	{"val/000123.png", "content of 123"},
	{"val/only.v2.jpeg", "dots in the name"},
	{"notes.txt", "no image"},
	{"val/._a.jpg", "left by macOS"},
	{"empty.gif", ""},
}

// sources are the same tree as a folder and as a tar.
func sources(t *testing.T) map[string]Source {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, f := range tree {
		file := filepath.Join(root, filepath.FromSlash(f.path))
		imagestest.Must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		imagestest.Must(t, os.WriteFile(file, []byte(f.content), 0o644))
		imagestest.Must(t, w.WriteHeader(&tar.Header{Name: "./" + f.path, Mode: 0o644, Size: int64(len(f.content))}))
		_, err := w.Write([]byte(f.content))
		imagestest.Must(t, err)
	}
	imagestest.Must(t, w.Close())
	imagestest.Must(t, os.WriteFile(root+".tar", archive.Bytes(), 0o644))
	all := map[string]Source{}
	for _, kind := range []string{"", ".tar"} {
		s, err := Open(t.Context(), root+kind)
		imagestest.Must(t, err)
		t.Cleanup(func() { imagestest.Must(t, s.Close()) })
		all["root"+kind] = s
	}
	return all
}

func TestSourceResolvesNamesAndReadsFiles(t *testing.T) {
	for kind, s := range sources(t) {
		for _, c := range []struct{ name, content string }{
			{"train/a.jpg", "content of a"},
			{"./val//a.jpg", "another a"},
			{`val\a.jpg`, "another a"},
			{"b.JPG", "content of b"},
			{"elsewhere/b.JPG", "content of b"},
			{"/abs/olute/b.JPG", "content of b"},
			{"../b.JPG", "content of b"},
			{"000123", "content of 123"},
			{"val/000123", "content of 123"},
			{"only.v2", "dots in the name"},
			{"empty.gif", ""},
		} {
			key, err := s.Resolve(c.name)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				continue
			}
			data, err := s.ReadFile(key, nil)
			if err != nil || string(data) != c.content {
				t.Errorf("%s: %q: got %q, %v", kind, c.name, data, err)
			}
			head, err := s.ReadHead(key, 3)
			if want := c.content[:min(3, len(c.content))]; err != nil || string(head) != want {
				t.Errorf("%s: %q: head %q, %v", kind, c.name, head, err)
			}
			if st, err := s.Stat(key); err != nil || st.Size != int64(len(c.content)) || st.ModTime.IsZero() {
				t.Errorf("%s: %q: stamp %v, %v", kind, c.name, st, err)
			}
		}
	}
}

func TestSourceErrorsSayWhatWasTried(t *testing.T) {
	for kind, s := range sources(t) {
		for name, parts := range map[string][]string{
			"a.jpg":       {"2 files of that name", "train/a.jpg", "val/a.jpg"},
			"missing":     {`"missing"`, "missing or missing with .jpg, .jpeg or .png"},
			"x/gone.jpg":  {`"x/gone.jpg"`, "gone.jpg", "root"},
			"":            {"not a name"},
			"..":          {"not a name"},
			"train":       {"no file called train"},
			"notes.txt/x": {"no file called x"},
		} {
			_, err := s.Resolve(name)
			for _, part := range parts {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%s: %q: error %v lacks %q", kind, name, err, part)
				}
			}
		}
		if _, err := s.Resolve("missing"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v is not fs.ErrNotExist", kind, err)
		}
		if _, err := s.ReadFile("nowhere.jpg", nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v is not fs.ErrNotExist", kind, err)
		}
	}
}

func TestSourceListsImageFiles(t *testing.T) {
	want := []string{"empty.gif", "train/a.jpg", "train/deep/b.JPG", "val/000123.png", "val/a.jpg", "val/only.v2.jpeg"}
	for kind, s := range sources(t) {
		if got, err := s.Names(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", kind, got, err)
		}
	}
}

func TestSourceReadsFromSeveralGoroutines(t *testing.T) {
	for kind, s := range sources(t) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				var buf []byte
				for range 50 {
					for _, f := range tree {
						key, err := s.Resolve(f.path)
						if err == nil {
							buf, err = s.ReadFile(key, buf)
						}
						if err != nil || string(buf) != f.content {
							t.Errorf("%s: %q: got %q, %v", kind, f.path, buf, err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestOpenSourceRefusesWhatIsNeitherFolderNorTar(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"\x1f\x8b\x08rest": "gzip",
		"PK\x03\x04rest":   "zip archive",
		"\xff\xd8\xff\xe0": "is an image",
		"":                 "no files in it",
		"text, not an archive, and longer than it needs to be for a header block of five hundred and twelve bytes": "tar",
	} {
		file := filepath.Join(dir, "f")
		imagestest.Must(t, os.WriteFile(file, []byte(content), 0o644))
		if _, err := Open(t.Context(), file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%.10q: got %v, want %q and the path in it", content, err, want)
		}
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestTarReportsACutArchive(t *testing.T) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	imagestest.Must(t, w.WriteHeader(&tar.Header{Name: "a.jpg", Mode: 0o644, Size: 3000}))
	_, err := w.Write(make([]byte, 3000))
	imagestest.Must(t, err)
	imagestest.Must(t, w.Close())
	_, _, err = indexTar(bytes.NewReader(archive.Bytes()[:1500]), 1500)
	if err == nil || !strings.Contains(err.Error(), "a.jpg") || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("got %v", err)
	}
}

func TestTarLaterEntryCountsAndHardLinksAreFollowed(t *testing.T) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, content := range []string{"old", "newer"} {
		imagestest.Must(t, w.WriteHeader(&tar.Header{Name: "a.jpg", Mode: 0o644, Size: int64(len(content))}))
		_, err := w.Write([]byte(content))
		imagestest.Must(t, err)
	}
	imagestest.Must(t, w.WriteHeader(&tar.Header{Name: "b.jpg", Typeflag: tar.TypeLink, Linkname: "a.jpg"}))
	imagestest.Must(t, w.Close())
	file := filepath.Join(t.TempDir(), "x.tar")
	imagestest.Must(t, os.WriteFile(file, archive.Bytes(), 0o644))
	s, err := Open(t.Context(), file)
	imagestest.Must(t, err)
	defer func() { imagestest.Must(t, s.Close()) }()
	for _, name := range []string{"a.jpg", "b.jpg"} {
		if data, err := s.ReadFile(name, nil); err != nil || string(data) != "newer" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}

func TestAMissingImageIsToldOfOneInAnotherCase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dog.jpg"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"photos/dog.jpg", "DOG"} {
		if _, err := src.Resolve(name); err == nil || !strings.Contains(err.Error(), `case count: there is "Dog.jpg"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := src.Resolve("cat.jpg"); err == nil || strings.Contains(err.Error(), "case") {
		t.Error(err)
	}
}
