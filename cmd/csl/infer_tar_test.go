package main

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packAlbum puts the good images of an album into a tar, with a symbolic link to one of them.
func packAlbum(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "packed.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, name := range []string{"a.png", "sub/a.jpg"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WriteHeader(&tar.Header{Name: "link.png", Typeflag: tar.TypeSymlink, Linkname: "a.png"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInferTakesTheImagesOfATar(t *testing.T) {
	dir := album(t)
	path := packAlbum(t, dir)
	drawn := filepath.Join(dir, "drawn")
	code, out, msg := inferTiny(t, "--format", "json", "--batch_size", "1", "--out", drawn, "--images", path)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, msg)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d results: %s", len(lines), out)
	}
	single := func(name string) string {
		_, out, _ := inferTiny(t, "--format", "json", "--batch_size", "1", "--images", filepath.Join(dir, name))
		return scores(out)
	}
	for i, name := range []string{"a.png", "a.png", filepath.Join("sub", "a.jpg")} {
		if got, want := scores(lines[i]), single(name); got != want || got == "" {
			t.Errorf("%s: scores %s, from its file %s", lines[i], got, want)
		}
	}
	if !strings.Contains(lines[0], "packed.tar/a.png") || !strings.Contains(lines[1], "packed.tar/link.png") {
		t.Errorf("names: %s", out)
	}
	if found, err := os.ReadDir(drawn); err != nil || len(found) != 3 {
		t.Errorf("drawn: %v, %v", found, err)
	}
}

// scores is the part of a JSON line that holds the predictions.
func scores(line string) string {
	_, list, _ := strings.Cut(strings.TrimSpace(line), `"predictions":[`)
	list, _, _ = strings.Cut(list, "]")
	return list
}

func TestInferRefusesACompressedTarAndSaysHowToUnpackIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.tar.gz")
	if err := os.WriteFile(path, []byte("\x1f\x8b\x08"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, msg := inferTiny(t, "--images", path); code == 0 || !strings.Contains(msg, "tar xzf") {
		t.Errorf("exit %d: %s", code, msg)
	}
}

func TestInferCountsImagesThatAreStoredRotated(t *testing.T) {
	img := filepath.Join("..", "..", "internal", "images", "testdata", "files", "orientation_6.jpg")
	if code, _, msg := inferTiny(t, "--images", img); code != 0 || !strings.Contains(msg, "1 of 1 image is stored rotated") {
		t.Errorf("exit %d: %s", code, msg)
	}
	if _, _, msg := inferTiny(t, "--images", img, "--exif_orientation"); strings.Contains(msg, "rotated") {
		t.Errorf("turned: %s", msg)
	}
}

func TestInferRefusesImagesThatTakeTooMuchMemory(t *testing.T) {
	img := filepath.Join(album(t), "a.png")
	code, _, msg := inferTiny(t, "--images", img, "--max_image_memory", "100")
	if code != exitSkipped || !strings.Contains(msg, "max_image_memory") {
		t.Errorf("exit %d: %s", code, msg)
	}
	if code, _, msg := inferTiny(t, "--images", img, "--max_image_memory", "0"); code != exitUsage {
		t.Errorf("exit %d: %s", code, msg)
	}
}
