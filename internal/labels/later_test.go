package labels

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openFiles reads texts as one list of files.
func openFiles(t *testing.T, o Options, texts ...string) (*Set, *Report, error) {
	t.Helper()
	dir := t.TempDir()
	for i, text := range texts {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			o.Path = path
		} else {
			o.Later = append(o.Later, path)
		}
	}
	return Open(context.Background(), o)
}

const answersHead = "image,label,value,time,source\n"

// answered is a file of answers: pairs of image and label with a value.
func answered(rows ...string) string {
	text := answersHead
	for _, r := range rows {
		text += r + ",2026-01-02T03:04:05Z,review\n"
	}
	return text
}

func TestAnswersAreLabelsOfWhichTheLastCounts(t *testing.T) {
	set, rep, err := openFiles(t, Options{}, answered("x,dog,1", "x,cat,unsure", "y,dog,0", "x,dog,0", "y,cat,1", "y,cat,undone", "z,cat,1", "z,cat,undone", "z,cat,0"))
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, set, "dog", "cat")
	wantLines(t, set, "x -?", "y -?", "z ?-")
	if rep.Format != CSV || rep.Count(Revised) != 1 || rep.Count(ExplicitUnknown) != 1 || rep.Count(MostlyUnknown) != 0 {
		t.Errorf("report\n%s", rep)
	}
}

func TestAnswersKeepTheirMeaningWhateverOtherNumbersMean(t *testing.T) {
	set, _, err := openFiles(t, Options{Values: VOC}, "x,dog,-1\ny,dog,1\n", answered("y,dog,0"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "x -", "y -")
	if _, _, err := openFiles(t, Options{}, answered("x,dog,maybe")); err == nil || !strings.Contains(err.Error(), "line 2: value \"maybe\": want 1 (present), 0 (absent), unsure or undone") {
		t.Errorf("error %v", err)
	}
}

func TestLaterFilesReplaceWhatEarlierOnesSay(t *testing.T) {
	first := "x,dog,1\nx,cat,0\ny,dog,0\nz,dog,1\n"
	set, rep, err := openFiles(t, Options{}, first, answered("x,dog,0", "y,dog,0", "z,dog,unsure", "w,cow,1", "y,cat,1"), "image,label,value\nx,dog,1\n")
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, set, "dog", "cat", "cow")
	wantLines(t, set, "x +-?", "y -+?", "z ???", "w ??+")
	for kind, n := range map[Diagnostic]int64{Overruled: 2, Doubted: 1, NewClasses: 1, LaterLabels: 6, ExplicitUnknown: 1} {
		if rep.Count(kind) != n {
			t.Errorf("%q counted %d times, want %d", kind, rep.Count(kind), n)
		}
	}
	if rep.Images != 4 || rep.Classes != 3 || !strings.Contains(rep.String(), `contradicts (the later one counts): x "dog", x "dog"`) {
		t.Errorf("report\n%s", rep)
	}
}

func TestAnUndoneAnswerLeavesTheEarlierFilesLabel(t *testing.T) {
	set, _, err := openFiles(t, Options{}, "x,dog,1\n", answered("x,dog,0", "x,dog,undone", "y,dog,1", "y,dog,undone"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "x +")
}

func TestAFileOfAnswersWithoutAnyIsNoError(t *testing.T) {
	set, _, err := openFiles(t, Options{}, "x,dog,1\n", answersHead)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "x +")
	if _, _, err := openFiles(t, Options{}, answersHead); err == nil || !strings.Contains(err.Error(), "no image with a label") {
		t.Errorf("alone: %v", err)
	}
}

const smallCOCO = `{"images":[{"id":1,"file_name":"x"},{"id":2,"file_name":"y"}],"categories":[{"id":1,"name":"dog"},{"id":2,"name":"cat"}],
"annotations":[{"id":1,"image_id":1,"category_id":1},{"id":2,"image_id":2,"category_id":2}]}`

func TestOfImagesThatOnlyALaterFileHasNothingElseIsKnown(t *testing.T) {
	set, rep, err := openFiles(t, Options{}, smallCOCO, answered("x,cat,1", "x,dog,unsure", "new,dog,1"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "x ?+", "y -+", "new +?")
	if rep.Count(Overruled) != 1 || rep.Count(Doubted) != 1 || rep.Format != COCO {
		t.Errorf("report\n%s", rep)
	}
}

func TestALaterFileThatImpliesAbsenceIsRefused(t *testing.T) {
	_, _, err := openFiles(t, Options{}, "x,dog,1\n", smallCOCO)
	if err == nil || !strings.Contains(err.Error(), "put it first, or set data.missing: unknown") {
		t.Fatalf("error %v", err)
	}
	set, _, err := openFiles(t, Options{MissingUnknown: true}, "x,dog,0\n", smallCOCO)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "x +?", "y ?+")
}

func TestLaterFilesAreHeldToTheClassList(t *testing.T) {
	o := Options{Classes: []string{"dog", "cow"}}
	if _, _, err := openFiles(t, o, "x,dog,1\n", answered("x,cat,1")); err == nil || !strings.Contains(err.Error(), `class "cat" is not in the list`) {
		t.Errorf("error %v", err)
	}
	o.SkipOtherClasses = true
	set, rep, err := openFiles(t, o, "x,dog,1\n", answered("x,cat,1", "x,cow,0"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, set, "x +-")
	if rep.Count(OtherClasses) != 1 || rep.Count(AbsentClasses) != 0 {
		t.Errorf("report\n%s", rep)
	}
}

func TestAnswersByIdOrNameMeanTheClassOfTheFirstFile(t *testing.T) {
	names := filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(names, []byte("/m/1,Dog\n/m/2,Cat\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{ClassDescriptions: names}
	set, rep, err := openFiles(t, o, "ImageID,Source,LabelName,Confidence\nx,verification,/m/1,1\n", answered("x,Cat,1", "x,/m/1,0"))
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, set, "Dog", "Cat")
	wantLines(t, set, "x -+")
	if rep.Count(IdleDescriptions) != 0 {
		t.Error("descriptions that the first file uses are called unused")
	}
}

func TestAnErrorOfALaterFileNamesIt(t *testing.T) {
	_, _, err := openFiles(t, Options{}, "x,dog,1\n", "image,label,value\nx,dog,2\n")
	if err == nil || !strings.Contains(err.Error(), filepath.Join("", "b")) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v", err)
	}
	_, _, err = Open(context.Background(), Options{Path: filepath.Join("testdata", "none.csv"), Later: []string{"other.csv"}})
	if err == nil {
		t.Error("no first file, no error")
	}
}
