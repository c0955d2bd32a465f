// Package traintest makes data sets and settings for tests of training: small enough that a whole
// run takes milliseconds. Nothing but tests may import it.
package traintest

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/checkpoint"
	"csl/internal/model"
	"csl/internal/safefile"
)

// Classes lists the classes of the data in order: a colour for each, shown or not.
func Classes() []string { return []string{"red", "green", "blue", "dark"} }

// Data is a small data set in a folder.
type Data struct {
	Dir    string // images
	Train  string // CSV of partial labels: about every third is unknown
	Full   string // the same without unknown labels
	Val    string // CSV of validation labels, all known
	Images []string
}

// Size is the side of the images in pixels.
const Size = 32

// Make draws a data set of so many training and validation images. The same numbers give the same
// data.
func Make(t testing.TB, train, val int) Data {
	t.Helper()
	d := Data{Dir: t.TempDir()}
	r := rand.New(rand.NewPCG(7, 11))
	var partial, full, scored strings.Builder
	for _, b := range []*strings.Builder{&partial, &full, &scored} {
		b.WriteString("image,label,value\n")
	}
	for i := range train + val {
		name := fmt.Sprintf("p%03d.png", i)
		d.Images = append(d.Images, name)
		shown := draw(t, filepath.Join(d.Dir, name), r)
		for c, class := range Classes() {
			row := fmt.Sprintf("%s,%s,%d\n", name, class, shown[c])
			if i >= train {
				scored.WriteString(row)
				continue
			}
			full.WriteString(row)
			if (i+c)%3 == 0 {
				row = fmt.Sprintf("%s,%s,-1\n", name, class)
			}
			partial.WriteString(row)
		}
	}
	d.Train = Write(t, filepath.Join(d.Dir, "train.csv"), partial.String())
	d.Full = Write(t, filepath.Join(d.Dir, "full.csv"), full.String())
	d.Val = Write(t, filepath.Join(d.Dir, "val.csv"), scored.String())
	return d
}

// draw makes an image of noise with a band of each colour that is shown.
func draw(t testing.TB, path string, r *rand.Rand) (shown [4]int) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, Size, Size))
	base := [3]int{60 + r.IntN(60), 60 + r.IntN(60), 60 + r.IntN(60)}
	for c := range shown {
		shown[c] = r.IntN(2)
	}
	for y := range Size {
		for x := range Size {
			v := base
			if c := y * 4 / Size; c < 3 && shown[c] == 1 {
				v[c] = 220
			} else if c == 3 && shown[3] == 1 {
				v = [3]int{5, 5, 5}
			}
			noise := r.IntN(20)
			img.SetRGBA(x, y, color.RGBA{uint8(v[0] + noise), uint8(v[1] + noise), uint8(v[2] + noise), 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return shown
}

// Write makes a file of text and returns its path.
func Write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Settings are "key=value" of a run over the data that takes milliseconds; later ones of a key, such
// as more, win.
func (d Data) Settings(out string, more ...string) []string {
	return append([]string{
		"model.name=tresnet_tiny", "model.planes=4",
		"data.train.root=" + d.Dir, "data.train.annotations=" + d.Train, "data.val.annotations=" + d.Val,
		fmt.Sprintf("data.size=%d", Size), "augment.cutout=0", "augment.randaugment.ops=0",
		"loss.mode=selective", "loss.topk=1", "optimizer.lr=0.01", "schedule.epochs=2", "ema.decay=0.5",
		"train.batch=4", "train.log_every=1", "train.out=" + out,
	}, more...)
}

// Checkpoint writes random weights of a small model with these classes, which its metadata names, and
// returns the path. change, unless nil, sees the weights first, about the metadata.
func Checkpoint(t testing.TB, classes []string, change func(w *model.Weights), about ...func(*checkpoint.Meta)) string {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.Planes, spec.NumClasses = 4, len(classes)
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(3)
	if change != nil {
		change(w)
	}
	meta := checkpoint.Meta{Version: "test", Spec: spec, Input: &checkpoint.Input{Height: Size, Width: Size, Interpolation: "bilinear"}}
	for _, c := range classes {
		meta.Classes = append(meta.Classes, checkpoint.Class{Name: c})
	}
	for _, f := range about {
		f(&meta)
	}
	table, err := meta.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return writeCheckpoint(t, w, table)
}

// Bare writes random weights for so many classes and nothing about them.
func Bare(t testing.TB, classes int) string {
	t.Helper()
	spec, err := model.Lookup("tresnet_tiny")
	if err != nil {
		t.Fatal(err)
	}
	spec.NumClasses = classes
	w, err := model.NewWeights(spec)
	if err != nil {
		t.Fatal(err)
	}
	w.Init(3)
	return writeCheckpoint(t, w, nil)
}

func writeCheckpoint(t testing.TB, w *model.Weights, table map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	err := safefile.Write(safefile.OS(), path, func(out io.Writer) error {
		return checkpoint.WriteSafetensors(out, checkpoint.Tensors(w), table)
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// FS is the machine's file system without waiting for the disk: tests kill no machine.
func FS() safefile.FS { return lazy{safefile.OS()} }

type lazy struct{ safefile.FS }

func (l lazy) Create(path string, perm fs.FileMode) (safefile.File, error) {
	return lazyFile(l.FS.Create(path, perm))
}

func (l lazy) OpenAppend(path string) (safefile.File, error) { return lazyFile(l.FS.OpenAppend(path)) }
func (lazy) SyncDir(string) error                            { return nil }

func lazyFile(f safefile.File, err error) (safefile.File, error) {
	if err != nil {
		return nil, err
	}
	return unsynced{f}, nil
}

type unsynced struct{ safefile.File }

func (unsynced) Sync() error { return nil }

// Files reads every regular file below dir, by slash-separated path. The saved state's file "last"
// and the lock are among them.
func Files(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
