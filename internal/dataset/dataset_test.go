package dataset

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/fixture"
	"csl/internal/progress"
	"csl/internal/safefile"
)

func TestOpenChecksThatEveryImageIsOne(t *testing.T) {
	d := fixture.Make(t, 5, 0)
	o := Options{Split: Train, Root: d.Dir, Annotations: d.Train}
	c, err := Open(context.Background(), o)
	if err != nil || c.Set.Len() != 5 || c.Skipped != nil || strings.Join(c.Names(), " ") != "red green blue dark" {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	fixture.Write(t, filepath.Join(d.Dir, d.Images[2]), "no image")
	if err := os.Remove(filepath.Join(d.Dir, d.Images[4])); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), o)
	for _, want := range []string{"2 of 5 images", d.Images[2], d.Images[4], "--skip_broken"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want %q", err, want)
		}
	}
	var log bytes.Buffer
	o.SkipBroken, o.Display = true, progress.New(progress.Options{Out: &log})
	if c, err = Open(context.Background(), o); err != nil || c.Set.Len() != 3 || len(c.Skipped) != 2 || c.Set.ImageName(2) != d.Images[3] {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, want := range []string{"train labels: ", "5 images, 4 classes", "warning: skipped: 2 of 5 images"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q lacks %q", &log, want)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestADataSetWithoutOneGoodImageIsAnErrorEvenIfBadOnesMayBeSkipped(t *testing.T) {
	d := fixture.Make(t, 2, 0)
	for _, p := range d.Images {
		fixture.Write(t, filepath.Join(d.Dir, p), "")
	}
	_, err := Open(context.Background(), Options{Root: d.Dir, Annotations: d.Train, SkipBroken: true})
	if err == nil || !strings.Contains(err.Error(), "2 of 2 images") {
		t.Errorf("err = %v", err)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	d := fixture.Make(t, 2, 0)
	for want, o := range map[string]Options{
		"/nowhere/l.csv":  {Root: d.Dir, Annotations: "/nowhere/l.csv"},
		"/nowhere/images": {Root: "/nowhere/images", Annotations: d.Train},
		"/nowhere/root":   {Root: "/nowhere/root"},
		"no COCO":         {Root: d.Dir, Split: Train},
		`"xml"`:           {Root: d.Dir, Annotations: d.Train, Format: "xml"},
		"left; ":          {Root: d.Dir, Annotations: d.Train, Classes: []string{"x"}, SkipOtherClasses: true},
	} {
		_, err := Open(context.Background(), o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: err = %v, want %q", o, err, want)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	d := fixture.Make(t, 2, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, Options{Root: d.Dir, Annotations: d.Train}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

// cocoLayout makes a folder laid out as COCO with one image in each split.
func cocoLayout(t *testing.T) string {
	t.Helper()
	d := fixture.Make(t, 1, 1)
	root := t.TempDir()
	for i, split := range []string{"train2017", "val2017"} {
		for _, dir := range []string{split, "annotations"} {
			if err := os.MkdirAll(filepath.Join(root, dir), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		img, err := os.ReadFile(filepath.Join(d.Dir, d.Images[i]))
		if err != nil {
			t.Fatal(err)
		}
		fixture.Write(t, filepath.Join(root, split, "a.png"), string(img))
		fixture.Write(t, filepath.Join(root, "annotations", "instances_"+split+".json"),
			`{"images":[{"id":7,"file_name":"a.png"}],"annotations":[{"id":1,"image_id":7,"category_id":3}],"categories":[{"id":3,"name":"cat"},{"id":2,"name":"dog"}]}`)
	}
	return root
}

func TestAFolderLaidOutAsCOCONeedsNoMore(t *testing.T) {
	root := cocoLayout(t)
	var d config.Data
	d.Train.Root = root
	for split, folder := range map[string]string{Train: "train2017", Val: "val2017"} {
		c, err := Open(context.Background(), FromConfig(d, split))
		if err != nil {
			t.Fatal(err)
		}
		row := make([]int8, 2)
		c.Set.Row(0, row)
		if c.Root != filepath.Join(root, folder) || c.Names()[0] != "dog" || row[0] != 0 || row[1] != 1 {
			t.Errorf("%s: root %q, classes %q, row %v", split, c.Root, c.Names(), row)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSettingsBecomeOptions(t *testing.T) {
	c := config.Default()
	c.Data.Train.Root, c.Data.Train.Annotations = "a", "a.csv"
	c.Data.Val.Annotations, c.Data.SkipBroken, c.Data.MaxPixels, c.Data.EXIFOrientation = "b.csv", true, 99, true
	o := FromConfig(c.Data, Val)
	if o.Root != "a" || o.Annotations != "b.csv" || !o.SkipBroken || o.Decode.MaxPixels != 99 || !o.Decode.EXIFOrientation || o.Split != Val {
		t.Errorf("%+v", o)
	}
	c.Data.Val.Root = "b"
	if o := FromConfig(c.Data, Val); o.Root != "b" {
		t.Errorf("%+v", o)
	}
	if o := FromConfig(c.Data, Train); o.Root != "a" || o.Annotations != "a.csv" {
		t.Errorf("%+v", o)
	}
	c.Train.Batch, c.Data.Workers, c.Data.Mean = 7, 3, []float64{1, 2, 3}
	l := LoadingFromConfig(c, safefile.OS(), nil)
	if l.Batch != 7 || l.Workers != 3 || l.Width != 448 || l.Shuffle || l.Mean[2] != 3 || l.Augment.Cutout != 0 {
		t.Errorf("%+v", l)
	}
}

func TestLoadersRefuseUnknownFiltersAndScales(t *testing.T) {
	d := fixture.Make(t, 1, 0)
	c, err := Open(context.Background(), Options{Root: d.Dir, Annotations: d.Train})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	good := Loading{Height: 32, Width: 32, Interpolation: "bilinear", Batch: 1}
	if _, err := c.Loader(context.Background(), good, nil); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Loading){
		"filter": func(l *Loading) { l.Interpolation = "nearest" },
		"std":    func(l *Loading) { l.Std = []float64{0, 1, 1} },
		"batch":  func(l *Loading) { l.Batch = 0 },
		"size":   func(l *Loading) { l.Width = 0 },
	} {
		l := good
		change(&l)
		if _, err := c.Loader(context.Background(), l, nil); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func TestACachedCorpusLoadsTheSameImages(t *testing.T) {
	d := fixture.Make(t, 3, 0)
	c, err := Open(context.Background(), Options{Root: d.Dir, Annotations: d.Train})
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	var want []float32
	for _, dir := range []string{"", cache, cache} {
		l, err := c.Loader(context.Background(), Loading{
			Height: 32, Width: 32, Interpolation: "bilinear", Batch: 3, Cache: dir, FS: safefile.OS(), Display: progress.New(progress.Options{Out: &bytes.Buffer{}}),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := l.Epoch(context.Background(), 0, 0)
		b, err := e.Next()
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = append(want, b.Pix...)
		}
		for i, v := range b.Pix {
			if v != want[i] {
				t.Fatalf("value %d is %v, not %v", i, v, want[i])
			}
		}
		e.Close()
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if files, err := filepath.Glob(filepath.Join(cache, "*.cache")); len(files) != 1 || err != nil {
		t.Errorf("caches %q, %v", files, err)
	}
}
