package labels

import (
	"bytes"
	"strings"
	"testing"
)

// withCorners is a random set with names that need care in every format.
func withCorners(t *testing.T, absent State) *Set {
	t.Helper()
	set := randomSet(t, 30, 5, absent, 3)
	for i, name := range []string{`a "quoted", name`, "<b> & 'c'", "café", "3", "e;f|g"} {
		set.Classes[i] = Class{ID: name, Name: name}
	}
	set = set.Filter(func(i int) bool { // lists do not hold images of which nothing is known, nor COCO's those without objects
		present, _ := set.said(i)
		return len(present) > 0
	})
	if set.Len() < 10 {
		t.Fatalf("only %d images", set.Len())
	}
	return set
}

func TestEveryFormatReadsBackWhatItWrote(t *testing.T) {
	for _, f := range Writable() {
		set := withCorners(t, Negative)
		if f == COCO {
			set = set.Known()
		}
		var b bytes.Buffer
		if err := set.Write(&b, f); err != nil {
			t.Fatal(f, err)
		}
		names := set.ClassNames()
		back, rep, err := parse(b.String(), Options{Classes: names, MissingUnknown: f == CVAT})
		if err != nil {
			t.Errorf("%s: %v\n%.300s", f, err, &b)
			continue
		}
		if rep.Format != f || !back.Equal(set) {
			t.Errorf("%s read as %s:\n%s\nwant\n%s", f, rep.Format, strings.Join(lines(back), "\n"), strings.Join(lines(set), "\n"))
		}
		if images, classes := set.Lost(f); images != 0 || classes != 0 {
			t.Errorf("%s: %d images and %d classes are said to be lost", f, images, classes)
		}
	}
}

// Every pair of formats that hold three states: A to B to A.
func TestFormatsOfThreeStatesConvertIntoEachOther(t *testing.T) {
	set := withCorners(t, Negative)
	for _, f := range []Format{CSV, Wide, JSONL, OpenImages, LabelStudio, CVAT} {
		for _, g := range []Format{CSV, Wide, JSONL, OpenImages, LabelStudio, CVAT} {
			now := set
			for _, step := range []Format{f, g, f} {
				var b bytes.Buffer
				if err := now.Write(&b, step); err != nil {
					t.Fatal(err)
				}
				var err error
				if now, _, err = parse(b.String(), Options{Classes: set.ClassNames(), MissingUnknown: true}); err != nil {
					t.Fatal(f, g, err)
				}
			}
			if !now.Equal(set) {
				t.Errorf("%s to %s and back differs", f, g)
			}
		}
	}
}

func TestCOCOCannotSayUnknown(t *testing.T) {
	set, _ := mustParse(t, "a,dog,1\na,cat,-1\n", Options{})
	wantError(t, set.Write(&bytes.Buffer{}, COCO), `"a"`, `"cat"`, "unknown")
	if set.Complete(0) || !set.Known().Complete(0) {
		t.Error("an unknown cell must make an image incomplete")
	}
	wantLines(t, set.Known(), "a +-")
	if COCO.HoldsUnknown() || !JSONL.HoldsUnknown() {
		t.Error("COCO alone cannot hold unknown")
	}
	wantError(t, set.Write(&bytes.Buffer{}, VOCXML), "voc")
}

func TestWhatAFormatLosesIsCounted(t *testing.T) {
	set, _ := mustParse(t, "a,dog,1\nb,cat,-1\nc,dog,0\n", Options{})
	for f, want := range map[Format][2]int{JSONL: {1, 1}, OpenImages: {1, 1}, CSV: {0, 0}, Wide: {0, 0}, COCO: {2, 0}} {
		if images, classes := set.Lost(f); images != want[0] || classes != want[1] {
			t.Errorf("%s: %d images and %d classes, want %v", f, images, classes, want)
		}
	}
}

func TestCOCOKeepsAscendingIDs(t *testing.T) {
	set, _ := mustParse(t, cocoText, Options{})
	var b bytes.Buffer
	if err := set.Write(&b, COCO); err != nil {
		t.Fatal(err)
	}
	back, _ := mustParse(t, b.String(), Options{})
	for i, c := range back.Classes {
		if c != set.Classes[i] {
			t.Errorf("%+v, want %+v", c, set.Classes[i])
		}
	}
}
