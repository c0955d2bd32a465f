package labels

import (
	"os"
	"path/filepath"
	"testing"

	"csl/internal/safefile"
)

func TestVOCHoldsThreeStates(t *testing.T) {
	set := randomSet(t, 30, 6, Unknown, 3)
	dir := filepath.Join(t.TempDir(), "Annotations")
	if err := set.WriteVOC(safefile.OS(), dir); err != nil {
		t.Fatal(err)
	}
	back, rep, err := Open(t.Context(), Options{Path: dir, Classes: set.ClassNames()})
	if err != nil || rep.Format != VOCXML {
		t.Fatal(rep, err)
	}
	a, b := make([]int8, 6), make([]int8, 6)
	for i := range set.Len() {
		k, ok := back.Find(set.ImageName(i))
		if !ok {
			t.Fatalf("image %q is lost", set.ImageName(i))
		}
		set.Row(i, a)
		back.Row(k, b)
		if string(int8s(a)) != string(int8s(b)) {
			t.Errorf("image %q: %v, was %v", set.ImageName(i), b, a)
		}
	}
	if left, err := filepath.Glob(dir + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	wantError(t, set.WriteVOC(safefile.OS(), dir), "exists")
}

func int8s(row []int8) (out []byte) {
	for _, v := range row {
		out = append(out, byte(v))
	}
	return out
}

func TestVOCRefusesImagesOfOneFile(t *testing.T) {
	set, _ := mustParse(t, "x/a.jpg,dog,1\nx_a.png,dog,0\n", Options{})
	dir := filepath.Join(t.TempDir(), "A")
	wantError(t, set.WriteVOC(safefile.OS(), dir), `"x/a.jpg"`, `"x_a.png"`, "rename")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("a folder was made")
	}
}

func TestOpenImagesBoxesAreLabelsOfImages(t *testing.T) {
	set, rep := mustParse(t, `ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside
a,xclick,/m/01,1,0.07,0.14,0.2,0.3,0,1,1,0,0
a,xclick,/m/01,1,0.17,0.24,0.2,0.3,0,1,1,0,0
b,activemil,/m/02,1,0.1,0.2,0.3,0.4,-1,-1,-1,-1,-1
`, Options{})
	wantNames(t, set, "/m/01", "/m/02")
	wantLines(t, set, "a +?", "b ?+")
	if rep.Format != OpenImages || rep.Count(DuplicateRows) != 1 {
		t.Error(rep)
	}
}

func TestUnknownTablesGetAnExampleOfTheNearestFormat(t *testing.T) {
	for text, want := range map[string]Format{
		"photo,dog,cat\nx,perhaps,1\n": Wide, "image;dog;cat\nx;perhaps;1\n": Wide, "thing, 0 52\nx,1\n": Tags, "one two three\n": CSV,
	} {
		_, _, err := parse(text, Options{})
		wantError(t, err, "line 1", "--data_format "+string(want), "for example")
	}
}
