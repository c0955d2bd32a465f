package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"csl/internal/images/loader"
	"csl/internal/metric"
	"csl/internal/validate"
)

// sampleReport has a class that cannot be scored and a rate that is undefined.
func sampleReport() validate.Result {
	v := func(x float64) *float64 { return &x }
	return validate.Result{OneThreshold: true, Thresholds: []float32{0.8, 0.8, 0.8}, Report: &metric.Report{
		Images: 3, Classes: 3, MAP: v(50), MAPPartial: v(75.125), MAPO: v(60),
		PRF: metric.PRF{CP: v(10), OR: v(20)},
		PerClass: []metric.ClassResult{
			{Class: "cat", AP: v(50), Positives: 1, Negatives: 2},
			{Class: "dog", AP: v(100), Positives: 2, Unknown: 1},
			{Class: "<owl>", Negatives: 3},
		},
		SkippedClasses: []metric.SkippedClass{{Class: "<owl>", Why: "no positive"}},
	}, Skipped: []loader.Skipped{
		{Name: "a\tb.jpg", Err: errors.New("no such file")},
		{Name: "<c>.jpg", Err: errors.New(`image "<c>.jpg": cut short`)},
	}}
}

func TestReportForPeopleListsTheBestClassFirst(t *testing.T) {
	var b bytes.Buffer
	if err := writeReport(&b, sampleReport(), formatText); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"3 images, 3 classes; 1 class cannot be scored", "75.12", "score above 0.8", "<owl>: no positive", "\nskipped\n  image \"a\\tb.jpg\": no such file\n  image \"<c>.jpg\": cut short\n",
		"100.00          2          0          1  dog",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("\n%s\nlacks %q", text, want)
		}
	}
	if strings.Index(text, "  dog") > strings.Index(text, "  cat") || strings.Contains(text, "NaN") {
		t.Errorf("order or numbers of\n%s", text)
	}
}

func TestReportForMachinesIsOneObject(t *testing.T) {
	var b bytes.Buffer
	if err := writeReport(&b, sampleReport(), formatJSON); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n") != 1 || !strings.Contains(b.String(), `"class":"<owl>"`) {
		t.Errorf("printed %s", b.String())
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"images", "classes", "map", "map_partial", "map_weighted", "map_o", "cp", "cr", "cf1", "cf1_ratio", "op", "or", "of1",
		"prf_unknown_as_negative", "per_class", "skipped_classes",
	} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q", key)
		}
	}
	if left, _ := json.Marshal(got["skipped"]); string(left) != `[{"error":"no such file","image":"a\tb.jpg"},{"error":"cut short","image":"\u003cc\u003e.jpg"}]` {
		t.Errorf("skipped: %s", left)
	}
	if got["map_weighted"] != nil || math.Abs(got["map_partial"].(float64)-75.125) > 0 {
		t.Errorf("map_weighted %v, map_partial %v", got["map_weighted"], got["map_partial"])
	}
}

// deaf is a standard output that takes nothing.
type deaf struct{}

var errDeaf = errors.New("no space left on device")

func (deaf) Write([]byte) (int, error) { return 0, errDeaf }

func TestReportSaysWhenItCannotBeWritten(t *testing.T) {
	for _, format := range []string{formatText, formatJSON} {
		if err := writeReport(deaf{}, sampleReport(), format); !errors.Is(err, errDeaf) {
			t.Errorf("%s: err = %v", format, err)
		}
	}
}
