package list

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"csl/internal/labels"
)

func written(t *testing.T, safe bool, list ...Candidate) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, slices.Values(list), safe); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func store(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// same compares candidates, NaN with NaN.
func same(a, b Candidate) bool {
	eq := func(x, y float64) bool { return x == y || x != x && y != y }
	return a.Image == b.Image && a.Class == b.Class && a.Label == b.Label && a.Reason == b.Reason &&
		eq(float64(a.Score), float64(b.Score)) && eq(float64(a.Probability), float64(b.Probability)) && eq(a.Priority, b.Priority)
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	nan := float32(math.NaN())
	want := []Candidate{
		{"a/b, c.jpg", "dog \"x\"", labels.Unknown, 0.123456789, 0.1, 1.0 / 3, LikelyPresent},
		{"b.jpg", "Café", labels.Positive, 0, nan, -2.5, LikelyWrong},
		{"c.jpg", "=1+1", labels.Negative, 1, 1, math.NaN(), "another"},
		{"d.jpg", "dog", labels.Unknown, nan, nan, math.NaN(), ""},
	}
	got, err := Read(context.Background(), store(t, written(t, false, want...)), "")
	if err != nil || !slices.EqualFunc(got, want, same) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestAListIsAnnotationsOfTheCurrentLabels(t *testing.T) {
	text := written(t, false,
		Candidate{Image: "a.jpg", Class: "dog", Label: labels.Unknown, Reason: Random}, Candidate{Image: "b.jpg", Class: "cat", Label: labels.Negative, Reason: LikelyWrong})
	set, _, err := labels.Open(context.Background(), labels.Options{Path: store(t, text), Format: labels.CSV})
	if err != nil || set.Len() != 2 || set.At(1, 1) != labels.Negative || set.At(0, 0) != labels.Unknown {
		t.Errorf("%v, %v", set, err)
	}
}

func TestColumnsMayComeInAnyOrderAndMostMayBeMissing(t *testing.T) {
	got, err := Read(context.Background(), store(t, "Note, LABEL,image\nx,dog,b.jpg\n,cat,b.jpg\n"), "")
	nan := float32(math.NaN())
	want := []Candidate{{"b.jpg", "dog", labels.Unknown, nan, nan, math.NaN(), ""}, {"b.jpg", "cat", labels.Unknown, nan, nan, math.NaN(), ""}}
	if err != nil || !slices.EqualFunc(got, want, same) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNamesThatSpreadsheetsTakeForFormulasAreMarked(t *testing.T) {
	if text := written(t, true, Candidate{Image: "=a", Class: "dog"}); !strings.Contains(text, "\n'=a,dog,") {
		t.Errorf("%s", text)
	}
}

func TestWrongListsAreRefusedWithTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                           "empty",
		"a.jpg,dog\n":                                "want image and class",
		"image,class\na.jpg\n":                       "line 2: 1 fields",
		"image,class\na.jpg,\n":                      "line 2: the name",
		"image,class\n,dog\n":                        "line 2: the name",
		"image,class\na,dog\nb,dog\n./a,dog\n":       "lines 2 and 4",
		"image,class,value\na,dog,2\n":               "line 2: value \"2\"",
		"image,class,score\na,dog,1.5\n":             "line 2: score \"1.5\": want a number from 0 to 1",
		"image,class,probability\na,dog,x\n":         "line 2: probability \"x\"",
		"image,class,priority\na,dog,1\nb,dog,NaN\n": "line 3: priority \"NaN\": want a finite number",
		"image,class\n\"a,dog\n":                     "line 2",
	} {
		if _, err := Read(context.Background(), store(t, text), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestANameWithALineBreakIsNotWritten(t *testing.T) {
	if err := Write(&bytes.Buffer{}, slices.Values([]Candidate{{Image: "a\nb", Class: "dog"}}), false); err == nil {
		t.Error("written")
	}
}
