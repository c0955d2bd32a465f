//go:build long

package labels

import (
	"bufio"
	"compress/gzip"
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shared is a file of the folder of real data (CSL_SHARED, see make test-long).
func shared(parts ...string) string {
	root := os.Getenv("CSL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	return filepath.Join(append([]string{root, "data"}, parts...)...)
}

func TestRealCOCO(t *testing.T) {
	for split, want := range map[string]struct {
		images, crowd int
		labels        float64
		person        int64
	}{"train": {80, 8, 3.77, 36}, "val": {79, 5, 3.59, 39}} {
		set, rep := mustOpen(t, Options{Path: shared("coco_mini", split+".json")})
		st := set.Stats()
		if rep.Format != COCO || set.Len() != want.images || set.NumClasses() != 80 || rep.Count(CrowdAnnotations) != int64(want.crowd) {
			t.Errorf("%s: %v", split, rep)
		}
		if math.Abs(st.LabelsPerImage()-want.labels) > 0.005 || st.Classes[0].Positives != want.person || st.Total.Unknown != 0 {
			t.Errorf("%s: %.3f labels, %+v", split, st.LabelsPerImage(), st.Classes[0])
		}
		if c := set.Classes; c[0].Name != "person" || c[79].Name != "toothbrush" || c[79].ID != "90" {
			t.Errorf("%s: classes %v ... %v", split, c[0], c[79])
		}
		full, _ := mustOpen(t, Options{Path: shared("annotations", "coco_mini_instances_"+split+"2017.with_segmentation.json.gz")})
		if !full.Equal(set) {
			t.Errorf("%s: with segmentation the labels are others", split)
		}
	}
}

func TestRealFashionInBothForms(t *testing.T) {
	train, _ := mustOpen(t, Options{Path: shared("fashion9k", "train.json")})
	val, _ := mustOpen(t, Options{Path: shared("fashion9k", "val.json"), Classes: train.ClassNames()})
	if st := train.Stats(); train.Len() != 6469 || train.NumClasses() != 105 || st.Total.Positives != 38742 {
		t.Errorf("train: %d images, %d classes, %d labels", train.Len(), train.NumClasses(), st.Total.Positives)
	}
	if st := val.Stats(); val.Len() != 1299 || st.Total.Positives != 7773 {
		t.Errorf("val: %d images, %d labels", val.Len(), st.Total.Positives)
	}
	oi := func(name string) *Set {
		set, rep := mustOpen(t, Options{
			Path:              shared("fashion9k", "partial_openimages_style", name),
			ClassDescriptions: shared("fashion9k", "partial_openimages_style", "class-descriptions.csv"),
			Classes:           train.ClassNames(),
		})
		if rep.Format != OpenImages || len(rep.Notes) != 0 {
			t.Errorf("%s: %v", name, rep)
		}
		return set
	}
	partial := oi("train-annotations-human-imagelabels.csv")
	if st := partial.Stats(); st.Total.Positives != 9195 || st.Total.Negatives != 25975 {
		t.Errorf("partial: %+v", st.Total)
	}
	agrees(t, partial, train)
	whole := oi("validation-annotations-human-imagelabels.csv")
	if st := whole.Stats(); st.Total.Unknown != 0 || whole.Len() != 1299 {
		t.Errorf("val as CSV: %+v", st.Total)
	}
	agrees(t, whole, val)
}

// agrees checks that every label of part, whose images have no extension, is
// one of whole.
func agrees(t *testing.T, part, whole *Set) {
	t.Helper()
	for i := range part.Len() {
		j, ok := whole.Find(part.ImageName(i) + ".jpg")
		if !ok {
			t.Fatalf("image %q is unknown", part.ImageName(i))
		}
		part.Annotated(i, func(class int, s State) {
			if whole.At(j, class) != s {
				t.Fatalf("%s, %s: %v and %v", part.ImageName(i), part.Classes[class].Name, s, whole.At(j, class))
			}
		})
	}
}

func TestRealLVIS(t *testing.T) {
	set, rep := mustOpen(t, Options{Path: shared("annotations", "lvis_v0.5_val_100.json.gz"), KeepUnannotated: true})
	st := set.Stats()
	frequencies := map[string]int{}
	for _, c := range set.Classes {
		frequencies[c.Frequency]++
	}
	if frequencies["r"] != 454 || frequencies["c"] != 461 || frequencies["f"] != 315 {
		t.Errorf("%v", frequencies)
	}
	if rep.Format != LVIS || set.Len() != 100 || set.NumClasses() != 1230 {
		t.Errorf("%v", rep)
	}
	if math.Abs(st.LabelsPerImage()-3.0) > 0.05 || math.Abs(float64(st.Total.Negatives)/100-9.4) > 0.05 {
		t.Errorf("%.2f positive and %.2f negative labels per image", st.LabelsPerImage(), float64(st.Total.Negatives)/100)
	}
}

func TestRealFilesThatAreNoAnnotations(t *testing.T) {
	for name, want := range map[string]string{
		"git_lfs_pointer.json":                "git lfs pull",
		"openimages_common_214_annots.txt.gz": "--data_format tags",
		"coco_prior_fpc_1000.csv":             "want image,label,value",
	} {
		_, _, err := Open(context.Background(), Options{Path: shared("annotations", name)})
		wantError(t, err, name, want)
	}
}

// extremes are the largest and the smallest number of present labels of a class.
func extremes(st Stats) (most, least int64) {
	least = math.MaxInt64
	for _, class := range st.Classes {
		most, least = max(most, class.Positives), min(least, class.Positives)
	}
	return most, least
}

func TestRealHouseholdObjectsOnPhotosOfVOC(t *testing.T) {
	set, rep := mustOpen(t, Options{Path: shared("voc_mini", "all.json")})
	most, least := extremes(set.Stats())
	if rep.Format != COCO || set.Len() != 85 || set.NumClasses() != 30 || math.Abs(set.Stats().LabelsPerImage()-5.85) > 0.006 || most != 46 || least != 5 {
		t.Errorf("%v: %.3f labels per image, %d to %d", rep, set.Stats().LabelsPerImage(), least, most)
	}
	text, err := os.ReadFile(shared("voc_mini", "all.json"))
	if n := strings.Count(string(text), `"category_id"`); err != nil || n != 686 {
		t.Errorf("%d annotations, %v", n, err)
	}
}

// Every file of the folder is read by one of these tests; a new one has to be added to them.
func TestEveryRealAnnotationFileHasATest(t *testing.T) {
	entries, err := os.ReadDir(shared("annotations"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("long_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, "coco_mini_instances_") {
			name = "coco_mini_instances_" // both, by a loop
		}
		if !strings.Contains(string(source), name) {
			t.Errorf("%s has no test", e.Name())
		}
	}
}

func TestRealListOfTags(t *testing.T) {
	list, err := os.ReadFile(shared("annotations", "openimages_common_214_taglist.txt"))
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(list)), "\n")
	set, rep := mustOpen(t, Options{Path: shared("annotations", "openimages_common_214_annots.txt.gz"), Format: Tags, Classes: names})
	if len(names) != 214 || set.NumClasses() != 214 || rep.Count(AbsentClasses) != 0 {
		t.Errorf("%d names, %v", len(names), rep)
	}
}

// The counts are those that the folder's README states.
func TestRealTables(t *testing.T) {
	for _, c := range []struct {
		name            string
		o               Options
		images, classes int
		perImage        float64
		most, least     int64 // present labels of a class; -1: not stated
		unknown         int64
	}{
		{"coco_train_full.txt.gz", Options{}, 82081, 80, 2.94, 45174, 128, -1},
		{"coco_train_0.4left.txt.gz", Options{}, 82081, 80, 1.17, -1, -1, -1},
		{"nus_val.txt.gz", Options{}, 50720, 81, 2.44, 18403, 16, -1},
		{"voc2007_classification_trainval.csv.gz", Options{Values: VOC}, 5011, 20, -1, -1, -1, 607},
		{"voc2012_classification_trainval.csv.gz", Options{Values: VOC}, 16551, 20, -1, -1, -1, -1},
		{"openimages_common_214_annots.txt.gz", Options{Format: Tags}, 57224, 214, 1.19, 15487, 17, -1},
	} {
		c.o.Path = shared("annotations", c.name)
		set, rep, err := Open(context.Background(), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		st := set.Stats()
		most, least := extremes(st)
		if set.Len() != c.images || set.NumClasses() != c.classes {
			t.Errorf("%v", rep)
		}
		if c.perImage >= 0 && math.Abs(st.LabelsPerImage()-c.perImage) > 0.006 || c.most >= 0 && most != c.most || c.least >= 0 && least != c.least || c.unknown >= 0 && st.Total.Unknown != c.unknown {
			t.Errorf("%s: %.3f labels per image, %d to %d, %d unknown", c.name, st.LabelsPerImage(), least, most, st.Total.Unknown)
		}
	}
}

func TestRealClassDescriptions(t *testing.T) {
	f, err := os.Open(shared("annotations", "oidv6-class-descriptions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rep Report
	classes, err := readDescriptions(f, &rep)
	if err != nil || len(classes) != 19994 || rep.Count(SharedNames) != 24 {
		t.Errorf("%d classes, %v, %v", len(classes), &rep, err)
	}
}

// TestCOCOSizeSimulation takes the real training labels of COCO 2014.
func TestCOCOSizeSimulation(t *testing.T) {
	set := cocoTrain(t)
	st := set.Stats()
	if set.Len() != 82081 || math.Abs(st.LabelsPerImage()-2.94) > 0.005 || st.Classes[0].Positives != 45174 {
		t.Fatalf("%d images, %.3f labels, person %d", set.Len(), st.LabelsPerImage(), st.Classes[0].Positives)
	}
	start := time.Now()
	part := FPC(set, 1000, 1)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("FPC took %v", took)
	}
	for c, got := range part.Stats().Classes {
		if got.Positives != min(1000, st.Classes[c].Positives) || got.Negatives != 1000 {
			t.Errorf("class %d: %+v", c, got)
		}
	}
	half, err := RPS(set, 0.5, 1)
	if err != nil {
		t.Fatal(err)
	}
	if share := half.Stats().AnnotatedShare(); math.Abs(share-0.5) > 0.002 {
		t.Errorf("RPS(0.5) leaves %.4f", share)
	}
}

// cocoTrain reads lines "file,0-based class ids".
func cocoTrain(t *testing.T) *Set {
	t.Helper()
	f, err := os.Open(shared("annotations", "coco_train_full.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var b Builder
	for scan := bufio.NewScanner(z); scan.Scan(); {
		name, ids, _ := strings.Cut(scan.Text(), ",")
		row, _ := b.Image(name)
		for _, id := range strings.Fields(ids) {
			class, err := strconv.Atoi(id)
			if err != nil {
				t.Fatal(err)
			}
			b.Add(row, class, Positive)
		}
	}
	classes := make([]Class, 80)
	for i := range classes {
		classes[i].Name = strconv.Itoa(i)
	}
	set, err := b.Build(classes, Negative)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
