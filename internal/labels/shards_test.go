package labels

import (
	"archive/tar"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// writeShard writes a tar archive of files given as name, text, name, text...
func writeShard(t *testing.T, files ...string) Shard {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "s.tar"))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return Shard{Path: f.Name(), Name: "s" + filepath.Base(filepath.Dir(f.Name()))}
}

func fromShards(t *testing.T, o Options, shards ...Shard) (*Set, *Report) {
	t.Helper()
	set, rep, err := FromShards(context.Background(), shards, o)
	if err != nil {
		t.Fatal(err)
	}
	return set, rep
}

func TestLabelsBesideTheImagesOfShards(t *testing.T) {
	first := writeShard(t,
		"0/a.jpg", "x", "0/a.cls", "2", "0/a.txt", "an old caption", // the class counts
		"0/b.json", `{"width": 3, "labels": ["5", 10]}`, "0/b.png", "x", "0/b.cls", "7",
		"0/c.jpg", "x", "0/c.json", `{"caption": "nothing of use"}`,
		"0/.d.jpg", "x", "notes.md", "x")
	second := writeShard(t, "e.jpg", "x", "e.txt", "2\n5\n", "0/a.jpg", "x", "0/a.json", `{"positive": [2], "negative": [10]}`,
		"f.webp", "x", "f.json", `[{"label": "5", "score": 1}, {"name": "10"}]`, "g.jpeg", "x", "g.json", "10", "h.jpg", "x", "h.cls", "2 5\r\n")
	set, rep := fromShards(t, Options{}, first, second)
	wantNames(t, set, "2", "5", "10")
	wantLines(t, set, first.Name+"/0/a.jpg +??", "0/b.png ?++", "e.jpg ++?", second.Name+"/0/a.jpg +?-", "f.webp ?++", "g.jpeg ??+", "h.jpg ++?")
	if rep.Format != WebDataset || rep.Count(Unannotated) != 1 {
		t.Error(rep)
	}
	set, rep = fromShards(t, Options{KeepUnannotated: true, Classes: []string{"10"}, SkipOtherClasses: true}, first)
	wantLines(t, set, "0/a.jpg ?", "0/b.png +", "0/c.jpg ?")
	if rep.Count(OtherClasses) != 2 {
		t.Error(rep)
	}
}

func TestWhatIsWrongWithLabelsInShardsIsNamed(t *testing.T) {
	bad := writeShard(t, "a.jpg", "x", "a.json", `{"labels": [true]}`, "b.jpg", "x", "b.json", `{"labels": `, "c.jpg", "x", "c.cls", "dog", "d.jpg", "x", "d.json", "1 2")
	_, _, err := FromShards(context.Background(), []Shard{bad}, Options{Path: "p", MaxErrors: 9})
	wantError(t, err, `read labels "p"`, "/a.json: label true", "/b.json", "/d.json: more than one")
	_, _, err = FromShards(context.Background(), []Shard{bad}, Options{Classes: []string{"dig"}, MaxErrors: 9})
	wantError(t, err, `/c.cls: class "dog"`, `nearest: "dig"`)
	none := writeShard(t, "a.jpg", "x", "a.json", `{"caption": "a dog"}`)
	_, _, err = FromShards(context.Background(), []Shard{none}, Options{})
	wantError(t, err, `"caption"`, "no labels beside", "--data_format webdataset", `"positive": ["dog"]`)
	large := writeShard(t, "a.jpg", "x", "a.txt", string(make([]byte, maxBeside+1)))
	_, _, err = FromShards(context.Background(), []Shard{large}, Options{})
	wantError(t, err, "a.txt: 1048577 bytes")
	if err := os.WriteFile(none.Path, []byte("no tar"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, err = FromShards(context.Background(), []Shard{none}, Options{})
	wantError(t, err, none.Path)
}
