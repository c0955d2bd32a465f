package labels

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/safefile"
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

// writeAndRead writes a set in a format, into memory or a folder, and reads it.
func writeAndRead(t *testing.T, set *Set, f Format) *Set {
	t.Helper()
	o := Options{Classes: set.ClassNames(), MissingUnknown: f == CVAT}
	if f == VOCXML {
		o.Path = filepath.Join(t.TempDir(), "Annotations")
		if err := set.WriteVOC(safefile.OS(), o.Path); err != nil {
			t.Fatal(err)
		}
		back, _ := mustOpen(t, o)
		return back
	}
	var b bytes.Buffer
	if err := set.Write(&b, f); err != nil {
		t.Fatal(f, err)
	}
	back, _ := mustParse(t, b.String(), o)
	return back
}

func mustOpen(t *testing.T, o Options) (*Set, *Report) {
	t.Helper()
	set, rep, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return set, rep
}

// Every pair of formats that hold three states: A to B to A.
func TestFormatsOfThreeStatesConvertIntoEachOther(t *testing.T) {
	set := withCorners(t, Negative)
	var three []Format
	for _, f := range append(Writable(), VOCXML) {
		if f.HoldsUnknown() && !slices.Contains(three, f) {
			three = append(three, f)
		}
	}
	if len(three) != 7 {
		t.Fatalf("%q hold three states; is the table complete?", three)
	}
	for _, a := range three {
		for _, b := range three {
			first := writeAndRead(t, set, a)
			back := writeAndRead(t, writeAndRead(t, first, b), a)
			same := back.Equal(set)
			if a == VOCXML || b == VOCXML { // a folder has its images in the order of their names
				same = slices.Equal(slices.Sorted(slices.Values(lines(back))), slices.Sorted(slices.Values(lines(set))))
			}
			if !same || !slices.Equal(back.ClassNames(), set.ClassNames()) {
				t.Errorf("%s to %s and back differs", a, b)
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
