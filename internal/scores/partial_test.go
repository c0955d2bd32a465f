package scores

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestPartialScoresLeaveCellsWithoutOne(t *testing.T) {
	nan := float32(math.NaN())
	for name, data := range map[string]string{
		"npy":      array("(2, 2)", nan, 0.25, 1, nan),
		"csv":      "image,label,score\na.jpg,dog,0.25\nother.jpg,cat,0.9\nb.jpg,cat,1\n",
		"unsorted": "score,class,image\n1,cat,b.jpg\n0.25,dog,a.jpg\n",
	} {
		p, err := OpenPartial(t.Context(), write(t, data), "", twoByTwo(t))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		row, got := make([]float32, 2), ""
		for i := range 2 {
			if err := p.Row(i, row); err != nil {
				t.Fatal(err)
			}
			got += fmt.Sprint(row)
		}
		if err := p.Each(t.Context(), func(image, class int, score float32) { got += fmt.Sprint(" ", image, class, score) }); err != nil {
			t.Fatal(err)
		}
		if want := "[NaN 0.25][1 NaN] 0 1 0.25 1 0 1"; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if n := strings.Count(data, "other"); p.Others != n || len(p.Checksum) != 64 {
			t.Errorf("%s: %d others, want %d; sum %q", name, p.Others, n, p.Checksum)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongPartialScoresAreErrorsWithPlaceAndValue(t *testing.T) {
	for data, want := range map[string]string{
		"image,label,score\na.jpg,dog,1.5\n":             `line 2: score "1.5": want a probability from 0 to 1`,
		"a.jpg,dog,nan\n":                                `line 1: score "nan"`,
		"a.jpg,dog,0.5\nb.jpg,cat,0.5\na.jpg,dog,0.25\n": `line 3: a second score of image "a.jpg", class "dog"`,
		"other.jpg,dog,0.5\n":                            `none of its 1 rows`,
		array("(2, 3)", 0, 0, 0, 0, 0, 0):                "2 images (rows) of 2 classes",
		array("(2, 2)", 0, 0, -0.5, 0):                   `row 1 (image "b.jpg"), column 0 (class "cat") is -0.5: want a probability`,
		array("(2, 2)", 0, float32(math.Inf(1)), 0, 0):   "is +Inf",
		"image,label,score\na.jpg,dog\n":                 "line 2: 2 fields",
	} {
		p, err := OpenPartial(t.Context(), write(t, data), "", twoByTwo(t))
		if err == nil {
			err = p.Each(t.Context(), func(int, int, float32) {})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", data, err, want)
		}
	}
}

func TestReadingPartialScoresEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := OpenPartial(ctx, write(t, array("(2, 2)", 0, 0, 0, 0)), "", twoByTwo(t))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.Each(ctx, func(int, int, float32) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
