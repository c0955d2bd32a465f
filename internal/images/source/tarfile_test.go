package source

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/images/imagestest"
)

// linked is an archive with links of all sorts.
func linked(t testing.TB) []byte {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, e := range []tar.Header{
		{Name: "early.jpg", Typeflag: tar.TypeSymlink, Linkname: "real/a.jpg"},
		{Name: "real/a.jpg", Typeflag: tar.TypeReg, Size: 3, Mode: 0o644},
		{Name: "real/up.jpg", Typeflag: tar.TypeSymlink, Linkname: "../early.jpg"},
		{Name: "folder", Typeflag: tar.TypeSymlink, Linkname: "./real"},
		{Name: "folders", Typeflag: tar.TypeSymlink, Linkname: "folder"},
		{Name: "rooted.jpg", Typeflag: tar.TypeSymlink, Linkname: "/real/a.jpg"},
		{Name: "loop.jpg", Typeflag: tar.TypeSymlink, Linkname: "loop.jpg"},
		{Name: "gone.jpg", Typeflag: tar.TypeSymlink, Linkname: "nowhere/b.jpg"},
		{Name: "out.jpg", Typeflag: tar.TypeSymlink, Linkname: "../../etc/passwd"},
	} {
		imagestest.Must(t, w.WriteHeader(&e))
		if e.Size > 0 {
			_, err := w.Write([]byte("abc"))
			imagestest.Must(t, err)
		}
	}
	imagestest.Must(t, w.Close())
	return archive.Bytes()
}

func TestTarFollowsSymbolicLinks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.tar")
	imagestest.Must(t, os.WriteFile(file, linked(t), 0o644))
	s, err := Open(t.Context(), file)
	imagestest.Must(t, err)
	defer func() { imagestest.Must(t, s.Close()) }()
	for _, name := range []string{"early.jpg", "real/up.jpg", "rooted", "folder/a.jpg", "folders/a", "folder/up.jpg"} {
		key, err := s.Resolve(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if data, err := s.ReadFile(key, nil); err != nil || string(data) != "abc" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if st, err := s.Stat(key); err != nil || st.Size != 3 {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	for _, name := range []string{"loop.jpg", "gone.jpg", "out.jpg"} {
		if _, err := s.Resolve(name); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "it is a link to") {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := []string{"early.jpg", "real/a.jpg", "real/up.jpg", "rooted.jpg"}
	if got, err := s.Names(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestArchivesReadFilesByPathsIntoThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.TAR")
	imagestest.Must(t, os.WriteFile(file, linked(t), 0o644))
	if !IsArchive(file) || !IsArchive("a.tgz") || IsArchive("a.jpg") {
		t.Error("archives are not told by their names")
	}
	var a Archives
	paths, err := a.Add(t.Context(), file)
	if err != nil || len(paths) != 4 || paths[1] != file+"/real/a.jpg" {
		t.Fatalf("%v, %v", paths, err)
	}
	if data, found, err := a.ReadFile(paths[1], nil); !found || err != nil || string(data) != "abc" {
		t.Errorf("%q, %v, %v", data, found, err)
	}
	if _, found, err := a.ReadFile(filepath.Join(filepath.Dir(file), "y.jpg"), nil); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	imagestest.Must(t, a.Close())
	if _, found, _ := (*Archives)(nil).ReadFile("x", nil); found {
		t.Error("no archives have a file")
	}
}

// withSums sets the checksums of what looks like headers, so that changes of their fields are not all refused alike.
func withSums(data []byte) []byte {
	data = bytes.Clone(data)
	for at := 0; at+512 <= len(data); at += 512 {
		head := data[at : at+512]
		if !bytes.HasPrefix(head[257:], []byte("ustar")) {
			continue
		}
		sum := 0
		copy(head[148:156], "        ")
		for _, b := range head {
			sum += int(b)
		}
		copy(head[148:156], fmt.Sprintf("%06o\x00 ", sum))
	}
	return data
}

// FuzzTarIndex: whatever the archive, the index lies within it, links end and nothing panics.
func FuzzTarIndex(f *testing.F) {
	f.Add(linked(f))
	for _, format := range []tar.Format{tar.FormatPAX, tar.FormatGNU, tar.FormatUSTAR} {
		var archive bytes.Buffer
		w := tar.NewWriter(&archive)
		name := "a.jpg"
		if format != tar.FormatUSTAR {
			name = strings.Repeat("n", 120) + ".jpg"
		}
		imagestest.Must(f, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 3, Format: format}))
		_, err := w.Write([]byte("abc"))
		imagestest.Must(f, err)
		imagestest.Must(f, w.WriteHeader(&tar.Header{Name: "b.jpg", Typeflag: tar.TypeLink, Linkname: name, Format: format}))
		imagestest.Must(f, w.Close())
		f.Add(archive.Bytes())
		f.Add(archive.Bytes()[:700])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = withSums(data)
		at, links, err := indexTar(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for name, e := range at {
			if e.offset < 0 || e.size < 0 || e.offset+e.size > int64(len(data)) {
				t.Errorf("%q: %d bytes at %d of %d", name, e.size, e.offset, len(data))
			}
		}
		for name := range links {
			followLinks(links, name+"/x")
		}
	})
}
