package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
)

// rivals are two files of scores and their labels: the second orders everything right.
func rivals(t *testing.T) (first, second, labels string) {
	t.Helper()
	first, labels = judged(t)
	second = filepath.Join(t.TempDir(), "second.csv")
	fixture.Write(t, second, "image,label,score\n"+
		"a,dog,0.9\na,cat,0.2\nb,dog,0.8\nb,cat,0.7\nc,dog,0.3\nc,cat,0.4\n"+
		"d,dog,0.6\nd,cat,0.6\ne,dog,0.3\ne,cat,0.9\nf,dog,0.1\nf,cat,0.1\n")
	return first, second, labels
}

func TestTwoFilesOfScoresAreCompared(t *testing.T) {
	first, second, labels := rivals(t)
	args := []string{"validate", "--scores", first, "--scores", second, "--annotations", labels}
	code, out, stderr := csl(t, append(args, "--format", "json", "--bootstrap", "40")...)
	if code != exitOK {
		t.Fatal(stderr)
	}
	var r struct {
		Models []struct {
			Model      string
			MAPPartial float64 `json:"map_partial"`
		}
		Paired []struct {
			Model, Baseline string
			Replicates      int
			MAPPartial      struct {
				Value, Higher float64
				Interval      *struct{ Low, High float64 }
			} `json:"map_partial"`
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Models) != 2 || len(r.Paired) != 1 || r.Models[1].Model != second || r.Models[1].MAPPartial != 100 {
		t.Fatalf("%s", out)
	}
	p := r.Paired[0]
	if want := 100 - r.Models[0].MAPPartial; p.Model != second || p.Baseline != first || p.Replicates != 40 || p.MAPPartial.Value < want-1e-9 || p.MAPPartial.Value > want+1e-9 || p.MAPPartial.Higher == 0 {
		t.Errorf("%+v", p)
	}
	code, out, stderr = csl(t, args...)
	for _, want := range []string{"6 images, 2 classes", "scores.csv", "second.csv", "100.00", "compared with", "1000 draws of the images"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("code %d, %q is missing of\n%s%s", code, want, out, stderr)
		}
	}
	if code, out, _ = csl(t, append(args, "--bootstrap", "0")...); code != exitOK || strings.Contains(out, "draws") {
		t.Errorf("without draws: code %d\n%s", code, out)
	}
}

func TestThePageOfScoresOpensWithoutImages(t *testing.T) {
	first, second, labels := rivals(t)
	page := filepath.Join(t.TempDir(), "page.html")
	code, out, stderr := csl(t, "validate", "--scores", first, "--scores", second, "--annotations", labels, "--bootstrap", "10", "--report", page)
	text, err := os.ReadFile(page)
	if code != exitOK || err != nil || !strings.Contains(stderr, "wrote "+page) || strings.Contains(out, "<html") {
		t.Fatalf("code %d, %v: %s", code, err, stderr)
	}
	for _, want := range []string{"2 models compared", "Compared with scores.csv", "Likely missing labels", "Precision and recall", "Reliability"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(string(text), "<img") {
		t.Error("the page has images although none were read")
	}
}

func TestThePageOfAModelHasThumbnailsAndItsPrior(t *testing.T) {
	d := fixture.Make(t, 6, 6)
	model := filepath.Join(t.TempDir(), "run")
	args := []string{"train", "-q"}
	for _, s := range d.Settings(model, "schedule.epochs=1") {
		args = append(args, "--set", s)
	}
	if code, _, stderr := csl(t, args...); code != exitOK {
		t.Fatal(stderr)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	validate := []string{"validate", "--model_path", model, "--data", d.Dir, "--annotations", d.Full, "--report", page, "--errors", "2"}
	code, _, stderr := csl(t, validate...)
	text, err := os.ReadFile(page)
	if code != exitOK || err != nil || !strings.Contains(string(text), "data:image/jpeg;base64,") || !strings.Contains(string(text), "Class prior") {
		t.Fatalf("code %d, %v: %s", code, err, stderr)
	}
	again := page + "2"
	validate[8] = again
	if code, _, stderr := csl(t, validate...); code != exitOK {
		t.Fatal(stderr)
	}
	if other, err := os.ReadFile(again); err != nil || string(other) != string(text) {
		t.Error("a second page of the same model differs")
	}
	if code, _, stderr := csl(t, append(validate, "--model_path", model, "--bootstrap", "5")...); code != exitOK {
		t.Errorf("a model twice: %s", stderr)
	}
}

func TestWhatCannotBeComparedOrShownIsSaid(t *testing.T) {
	first, second, labels := rivals(t)
	scores := []string{"validate", "--scores", first, "--annotations", labels}
	for want, args := range map[string][]string{
		"--pr_curves: give one model":          append(scores, "--scores", second, "--pr_curves", "x"),
		"--save_scores: give one --model_path": {"validate", "--model_path", "a", "--model_path", "b", "--data", "d", "--annotations", labels, "--save_scores", "x"},
		"--errors -1":                          append(scores, "--errors", "-1"),
		"--prior: needs --report":              append(scores, "--prior", "p.csv"),
		"the command reads this file":          append(scores, "--scores", second, "--report", second),
	} {
		if code, out, stderr := csl(t, args...); code != exitUsage || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, %s", strings.Join(args, " "), code, stderr)
		}
	}
	short := filepath.Join(t.TempDir(), "short.csv")
	fixture.Write(t, short, "image,label,score\na,dog,0.9\n")
	if code, out, stderr := csl(t, append(scores, "--scores", short)...); code != exitFailure || out != "" || !strings.Contains(stderr, "short.csv") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if code, _, stderr := csl(t, append(scores, "--report", filepath.Join(t.TempDir(), "no", "such", "page.html"))...); code == exitOK || !strings.Contains(stderr, "page.html") {
		t.Errorf("code %d: %s", code, stderr)
	}
	prior := filepath.Join(t.TempDir(), "prior.csv")
	fixture.Write(t, prior, "Classes,avg_pred\nbird,0.5\n")
	page := filepath.Join(t.TempDir(), "page.html")
	if code, _, stderr := csl(t, append(scores, "--report", page, "--prior", prior)...); code != exitFailure || !strings.Contains(stderr, "prior.csv") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if _, err := os.Stat(page); err == nil {
		t.Error("a page was written")
	}
}
