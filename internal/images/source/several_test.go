package source

import (
	"archive/tar"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shard writes a tar archive of files, each of which holds its own name behind mark.
func shard(t *testing.T, path, mark string, names ...string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, name := range names {
		text := mark + name
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSeveralRootsAreOneSource(t *testing.T) {
	dir := t.TempDir()
	shard(t, filepath.Join(dir, "s-000.tar"), "0:", "a.jpg", "same.jpg")
	shard(t, filepath.Join(dir, "s-001.tar"), "1:", "sub/b.jpg", "same.jpg")
	folder := filepath.Join(dir, "photos")
	if err := os.MkdirAll(filepath.Join(folder, "deep"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "deep", "c.jpg"), []byte("f:deep/c.jpg"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{
		filepath.Join(dir, "s-*.tar") + string(filepath.ListSeparator) + folder,
		filepath.Join(dir, "s-{000..001}.tar") + string(filepath.ListSeparator) + folder,
		filepath.Join(dir, "{s-000.tar,s-001.tar,photos}"),
	} {
		src, err := Open(context.Background(), root)
		if err != nil {
			t.Fatal(err)
		}
		names, err := src.Names()
		if want := []string{"a.jpg", "deep/c.jpg", "s-000/same.jpg", "s-001/same.jpg", "sub/b.jpg"}; err != nil || !slices.Equal(names, want) {
			t.Errorf("%q, %v, want %q", names, err, want)
		}
		for name, want := range map[string]string{
			"a.jpg": "0:a.jpg", "s-000/a.jpg": "0:a.jpg", "b": "1:sub/b.jpg", "c.jpg": "f:deep/c.jpg", "photos/deep/c.jpg": "f:deep/c.jpg",
			"s-001/same.jpg": "1:same.jpg",
		} {
			key, err := src.Resolve(name)
			if err != nil {
				t.Error(err)
				continue
			}
			data, err := src.ReadFile(key, nil)
			head, err2 := src.ReadHead(key, 2)
			at, err3 := src.Stat(key)
			if string(data) != want || string(head) != want[:2] || at.Size != int64(len(want)) || err != nil || err2 != nil || err3 != nil {
				t.Errorf("%s: %q, %q, %+v; %v, %v, %v", name, data, head, at, err, err2, err3)
			}
		}
		for name, want := range map[string]string{"same.jpg": `"s-000/same.jpg" and "s-001/same.jpg"`, "none.jpg": "no such path", "s-001/a.jpg": ""} {
			key, err := src.Resolve(name)
			if want == "" && (err != nil || key != "a.jpg") { // by its base name, in the other shard
				t.Errorf("%s: %q, %v", name, key, err)
			}
			if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := src.ReadFile("none.jpg", nil); err == nil {
			t.Error("a file that is not there was read")
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRootsOfAPattern(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "x{1}", "deep/a"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for pattern, want := range map[string][]string{
		in("x{1}"):       {in("x{1}")}, // it exists
		in("s{8..10}.t"): {in("s8.t"), in("s9.t"), in("s10.t")},
		in("s{08..10}"):  {in("s08"), in("s09"), in("s10")},
		in("[ab]"):       {in("a"), in("b")},
		in("{b,a}"):      {in("b"), in("a")},
		in("gone"):       {in("gone")},
	} {
		if got, err := Roots(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
	for pattern, want := range map[string]string{
		in("z*"): "no file or folder matches", in("{9..1}"): "ascends", in("{0..99999}"): "at most 10000", in("{0..200}{0..200}"): "more than 10000",
	} {
		if _, err := Roots(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	names, err := RootNames([]string{in("a"), in("deep/a"), in("b.TAR")})
	if err != nil || names[0] != filepath.ToSlash(in("a")) || names[2] != "b" {
		t.Error(names, err)
	}
	if _, err := Open(context.Background(), fmt.Sprintf("%s%c%s", in("a"), filepath.ListSeparator, in("a"))); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Error(err)
	}
}
