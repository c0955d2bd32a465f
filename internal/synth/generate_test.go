package synth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/labels"
	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

func generate(t *testing.T, o Options) {
	t.Helper()
	if err := Generate(context.Background(), safefile.OS(), o, nil); err != nil {
		t.Fatal(err)
	}
}

// digest is a sum over the names and contents of all files below dir.
func digest(t *testing.T, dir string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%s %d %s", strings.TrimPrefix(path, dir), len(content), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestSameSeedSameFilesForAnyNumberOfWorkers(t *testing.T) {
	root := t.TempDir()
	o := Options{Train: 12, Val: 5, Size: 40, Seed: 7}
	sums := map[string]string{}
	for name, change := range map[string]func(*Options){
		"one":   func(o *Options) { o.Workers = 1 },
		"three": func(o *Options) { o.Workers = 3 },
		"other": func(o *Options) { o.Seed = 8 },
	} {
		p := o
		p.Dir = filepath.Join(root, name)
		change(&p)
		generate(t, p)
		sums[name] = digest(t, p.Dir)
	}
	if sums["one"] != sums["three"] {
		t.Error("the number of workers changes the files")
	}
	if sums["one"] == sums["other"] {
		t.Error("the seed changes nothing")
	}
}

func TestGeneratedFolderReadsAsCOCO(t *testing.T) {
	root := filepath.Join(t.TempDir(), "scenes")
	done := 0
	o := Options{Dir: root, Train: 30, Val: 10, Size: 48, Seed: 1}
	err := Generate(context.Background(), safefile.OS(), o, func(n, total int) {
		if done++; n != done || total != 40 {
			t.Errorf("progress %d of %d at call %d", n, total, done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for split, n := range map[string]int{"train": 30, "val": 10} {
		annotations, images, err := labels.FindCOCO(root, split)
		if err != nil {
			t.Fatal(err)
		}
		set, rep, err := labels.Open(context.Background(), labels.Options{Path: annotations})
		if err != nil {
			t.Fatal(err)
		}
		if set.Len() != n || set.NumClasses() < 20 || len(rep.Notes) != 0 {
			t.Errorf("%s: %v", split, rep)
		}
		if strings.Join(set.ClassNames(), ",") != strings.Join(Classes(), ",") {
			t.Errorf("classes %v", set.ClassNames())
		}
		for i := range set.Len() {
			f, err := os.Open(filepath.Join(images, set.ImageName(i)))
			if err != nil {
				t.Fatal(err)
			}
			c, err := jpeg.DecodeConfig(f)
			f.Close()
			if err != nil || c.Width != 48 || c.Height != 48 {
				t.Errorf("%s: %v %v", set.ImageName(i), c, err)
			}
		}
	}
}

func TestBoxesHoldTheVisiblePixels(t *testing.T) {
	root := filepath.Join(t.TempDir(), "scenes")
	generate(t, Options{Dir: root, Train: 25, Val: 1, Size: 64, Seed: 3})
	text, err := os.ReadFile(filepath.Join(root, "annotations", "instances_train2014.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f cocoFile
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	for _, a := range f.Annotations {
		x, y, w, h := a.Box[0], a.Box[1], a.Box[2], a.Box[3]
		if x < 0 || y < 0 || w < 1 || h < 1 || x+w > 64 || y+h > 64 || a.Area < 1 || a.Area > w*h {
			t.Errorf("%+v", a)
		}
	}
	if len(f.Annotations) < 25 {
		t.Errorf("%d annotations of 25 images", len(f.Annotations))
	}
}

// TestClassesHaveALongTailAndCompany draws 1,500 small images. The bounds
// are wide: they guard the shape of the distribution, not its digits.
func TestClassesHaveALongTailAndCompany(t *testing.T) {
	const n = 1500
	count := map[string]int{}
	both := map[[2]string]int{}
	labels := 0
	for i := range uint64(n) {
		seen := map[string]bool{}
		_, objects := img(Options{Size: 32, Seed: 5}, 0, i)
		for _, o := range objects {
			seen[things()[o.class].name] = true
		}
		labels += len(seen)
		for a := range seen {
			count[a]++
			for b := range seen {
				both[[2]string{a, b}]++
			}
		}
	}
	most, least := 0, n
	for _, name := range Classes() {
		most, least = max(most, count[name]), min(least, count[name])
	}
	if most < n*45/100 || most > n*75/100 || least < n/100 || least > n*4/100 {
		t.Errorf("most common %d, rarest %d of %d: %v", most, least, n, count)
	}
	if mean := float64(labels) / n; mean < 3 || mean > 5 {
		t.Errorf("%.2f labels per image", mean)
	}
	if both[[2]string{"boat", "umbrella"}]*count["car"] < 5*both[[2]string{"car", "umbrella"}]*count["boat"] {
		t.Error("umbrellas keep company with cars as with boats")
	}
	if both[[2]string{"sun", "moon"}] > 0 {
		t.Error("sun and moon in one image")
	}
}

func TestGenerateRefusesWrongOptions(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"not empty":       {Dir: full, Train: 1, Val: 1, Size: 64},
		"16 pixels":       {Dir: "x", Train: 1, Val: 1, Size: 16},
		"0 training":      {Dir: "x", Val: 1, Size: 64},
		"no folder given": {Train: 1, Val: 1, Size: 64},
	} {
		err := Generate(context.Background(), safefile.OS(), o, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

func TestCancelledOrFailedRunLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	o := Options{Dir: filepath.Join(parent, "scenes"), Train: 3, Val: 1, Size: 32, Workers: 1}
	ctx, cancel := context.WithCancel(context.Background())
	err := Generate(ctx, safefile.OS(), o, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	want := ""
	faultfs.Each(func(fsys *faultfs.FS, failing string) {
		err := Generate(context.Background(), fsys, o, nil)
		if (err == nil) != (failing == "") {
			t.Errorf("failing %q: error %v", failing, err)
		}
		if _, err := os.Stat(o.Dir); err == nil { // whole, though its name may not be on the disk yet
			sum := digest(t, o.Dir)
			if want == "" {
				want = sum
			}
			if sum != want {
				t.Errorf("failing %q: the folder is not whole", failing)
			}
			if err := os.RemoveAll(o.Dir); err != nil {
				t.Fatal(err)
			}
		}
		if fsys.Dead { // a killed run cannot clean up, the next one does
			generate(t, o)
			if err := os.RemoveAll(o.Dir); err != nil {
				t.Fatal(err)
			}
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
			t.Errorf("failing %q: left %v %v", failing, left, err)
		}
	})
}
