package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
)

// shards packs the images of a data set into two archives, with labels beside them: image i shows class i%2.
func shards(t *testing.T, d fixture.Data) (pattern string) {
	t.Helper()
	dir := t.TempDir()
	for part := range 2 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("part-%03d.tar", part)))
		if err != nil {
			t.Fatal(err)
		}
		w := tar.NewWriter(f)
		add := func(name string, data []byte) {
			if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		for i, name := range d.Images {
			if i%2 != part {
				continue
			}
			img, err := os.ReadFile(filepath.Join(d.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			stem := fmt.Sprintf("%03d", i/2) // the same names in both archives
			add(stem+".png", img)
			add(stem+".json", fmt.Appendf(nil, `{"positive": ["c%d"], "negative": ["c%d"]}`, i%2, 1-i%2))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "part-{000..001}.tar")
}

func TestShardsWithLabelsNeedNoMore(t *testing.T) {
	pattern := shards(t, fixture.Make(t, 6, 0))
	path := filepath.Join(t.TempDir(), "l.csv")
	if code, _, stderr := csl(t, "data", "convert", "--data", strings.Replace(pattern, "{000..001}", "*", 1), "--to", "csv", "--out", path); code != exitOK {
		t.Fatal(stderr)
	}
	table, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(table), "image,label,value\npart-000/000.png,c0,1\npart-000/000.png,c1,0\n") {
		t.Errorf("%v:\n%s", err, table)
	}
	for _, args := range [][]string{{"--data", pattern}, {"--data", pattern, "--annotations", path}} {
		code, out, stderr := csl(t, append([]string{"data", "check", "--format", "json"}, args...)...)
		var got struct{ Findings []finding }
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK || len(got.Findings) != 0 || !strings.Contains(stderr, "6 images, 2 classes") {
			t.Errorf("%q: code %d, %v, %s%s", args, code, err, out, stderr)
		}
	}
}
