package source

import (
	"archive/tar"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shard writes a tar of files that hold their names.
func shard(t *testing.T, path string, names ...string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, n := range names {
		if err := w.WriteHeader(&tar.Header{Name: n, Mode: 0o644, Size: int64(len(n))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(n)); err != nil {
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

func TestShardsAndFoldersAreOneSource(t *testing.T) {
	dir := t.TempDir()
	for k := range 3 {
		shard(t, filepath.Join(dir, fmt.Sprintf("shard-%03d.tar", k)), fmt.Sprintf("%d/a%d.jpg", k, k), fmt.Sprintf("%d/a%d.json", k, k))
	}
	folder := filepath.Join(dir, "more")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "b.jpg"), []byte("b.jpg"), 0o666); err != nil {
		t.Fatal(err)
	}
	for root, want := range map[string]int{
		filepath.Join(dir, "shard-*.tar"): 3, filepath.Join(dir, "shard-{000..001}.tar"): 2, filepath.Join(dir, "shard-{001..002}.tar") + "," + folder: 3,
	} {
		s, err := Open(t.Context(), root)
		if err != nil {
			t.Fatal(err)
		}
		names, err := s.Names()
		if err != nil || len(names) != want {
			t.Errorf("%s: %v %v", root, names, err)
		}
		for _, n := range names {
			key, err := s.Resolve(n)
			if err != nil {
				t.Fatal(err)
			}
			data, err := s.ReadFile(key, nil)
			head, errHead := s.ReadHead(key, 2)
			stamp, errStat := s.Stat(key)
			if err != nil || errHead != nil || errStat != nil || string(data) != n || string(head) != n[:2] || stamp.Size != int64(len(n)) {
				t.Errorf("%s: %q %q %v", n, data, head, stamp)
			}
		}
		if _, err := s.Resolve("c.jpg"); err == nil || !strings.Contains(err.Error(), "in none of") {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRootsThatCannotBeOpenedSayWhy(t *testing.T) {
	dir := t.TempDir()
	shard(t, filepath.Join(dir, "x.tar"), "a.jpg")
	shard(t, filepath.Join(dir, "y.tar"), "a.jpg")
	for root, want := range map[string]string{"z*.tar": "pattern", "s-{9..1}.tar": "range of numbers", "x.tar,z.tar": "z.tar", "z.tar": "z.tar"} {
		root = strings.ReplaceAll(root, "x.tar", filepath.Join(dir, "x.tar"))
		if _, err := Open(t.Context(), root); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", root, err)
		}
	}
	s, err := Open(t.Context(), filepath.Join(dir, "?.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Resolve("a.jpg"); err == nil || !strings.Contains(err.Error(), "two of the 2") {
		t.Error(err)
	}
	if _, err := s.Names(); err == nil {
		t.Error("a name in two archives was listed")
	}
}
