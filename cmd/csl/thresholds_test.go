package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// judged are scores and labels of six images and two classes.
func judged(t *testing.T) (scores, labels string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	scores = write("scores.csv", "image,label,score,value\n"+
		"a,dog,0.9,1\na,cat,0.2,0\nb,dog,0.8,1\nb,cat,0.7,1\nc,dog,0.6,0\nc,cat,0.4,-1\n"+
		"d,dog,0.4,1\nd,cat,0.6,0\ne,dog,0.3,0\ne,cat,0.9,1\nf,dog,0.1,0\nf,cat,0.1,-1\n")
	labels = write("labels.csv", "image,label,value\n"+
		"a,dog,1\na,cat,0\nb,dog,1\nb,cat,1\nc,dog,0\nd,dog,1\nd,cat,0\ne,dog,0\ne,cat,1\nf,dog,0\nf,cat,-1\n")
	return scores, labels
}

func TestValidateScoresPredictionsFromAFile(t *testing.T) {
	scores, labels := judged(t)
	curves := filepath.Join(t.TempDir(), "pr.csv")
	code, out, err := csl(t, "validate", "--scores", scores, "--annotations", labels, "--format", "json", "--bootstrap", "100", "--pr_curves", curves)
	if code != exitOK {
		t.Fatal(err)
	}
	var r struct {
		MAPPartial float64 `json:"map_partial"`
		Bootstrap  struct {
			Replicates int
			MAPPartial struct{ Low, High float64 } `json:"map_partial"`
		}
		Groups      []struct{ Classes int }
		Calibration struct{ ECE float64 }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	// dog: positives rank 1, 2 and 4 of 6; cat: 1 and 2 of 4.
	if want := 100 * ((1+1+0.75)/3 + 1) / 2; r.MAPPartial < want-1e-9 || r.MAPPartial > want+1e-9 {
		t.Errorf("mAP %v, want %v", r.MAPPartial, want)
	}
	if b := r.Bootstrap; b.Replicates != 100 || b.MAPPartial.Low > r.MAPPartial || b.MAPPartial.High < r.MAPPartial || len(r.Groups) != 5 || r.Calibration.ECE == 0 {
		t.Errorf("%s", out)
	}
	text, readErr := os.ReadFile(curves)
	if readErr != nil || !strings.HasPrefix(string(text), "class,threshold,precision,recall,true_positives,false_positives\ndog,") {
		t.Errorf("%s, %v", text, readErr)
	}
	code, out, err = csl(t, "validate", "--scores", scores, "--annotations", labels, "--bootstrap", "50")
	for _, want := range []string{"95% intervals, 50 draws", "mAP by annotations of the class", "calibration on annotated cells"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("%q: %s%s", want, out, err)
		}
	}
}

func TestScoresThatDoNotFitAreRefused(t *testing.T) {
	scores, labels := judged(t)
	dir := t.TempDir()
	for name, x := range map[string]struct{ text, want string }{
		"missing cell": {"image,label,score\na,dog,0.5\n", `no score of image "a", class "cat"`},
		"twice":        {"a,dog,0.5\na,dog,0.6\n", "line 2: a second score"},
		"text":         {"a,dog,high\n", `line 1: score "high"`},
		"infinite":     {"a,dog,inf\n", `line 1: score "inf"`},
	} {
		path := filepath.Join(dir, "s.csv")
		if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, err := csl(t, "validate", "--scores", path, "--annotations", labels); code != exitFailure || !strings.Contains(err, x.want) {
			t.Errorf("%s: %d %s", name, code, err)
		}
	}
	for _, args := range [][]string{
		{"--scores", scores},
		{"--scores", scores, "--model_path", tinyModel(), "--annotations", labels},
		{"--scores", scores, "--annotations", labels, "--save_scores", "x"},
		{"--scores", scores, "--annotations", labels, "--bootstrap", "-1"},
	} {
		if code, _, err := csl(t, append([]string{"validate"}, args...)...); code != exitUsage {
			t.Errorf("%v: %d %s", args, code, err)
		}
	}
}

func TestThresholdsFromScores(t *testing.T) {
	scores, labels := judged(t)
	file := filepath.Join(t.TempDir(), "t.csv")
	code, out, err := csl(t, "thresholds", "--scores", scores, "--annotations", labels, "--shrink", "0", "--out", file)
	if code != exitOK {
		t.Fatal(err)
	}
	text, readErr := os.ReadFile(file)
	// dog: all positives above (0.3, 0.4); cat: above (0.6, 0.7).
	if want := "class,threshold\ndog,0.35000002\ncat,0.65\n"; readErr != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, readErr, want)
	}
	if !strings.Contains(out, "  dog\n") || !strings.Contains(out, "overall") {
		t.Errorf("%s", out)
	}
	for _, args := range [][]string{{"--precision", "2"}, {"--precision", "0.5", "--recall", "0.5"}, {"--write"}, {"--shrink", "-1"}} {
		if code, _, err := csl(t, append([]string{"thresholds", "--scores", scores, "--annotations", labels}, args...)...); code != exitUsage {
			t.Errorf("%v: %d %s", args, code, err)
		}
	}
}

func TestThresholdsThatCannotBeStoredAreRefusedBeforeScoring(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "foreign.pth")
	if code, _, err := csl(t, "export", "--model_path", tinyModel(), "--out", foreign); code != exitOK {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--model_path", foreign}, "is not a checkpoint of csl"},
		{[]string{"--model_path", tinyModel(), "--strict=false"}, "--write: cannot be combined"},
	} {
		args := append([]string{"thresholds", "--data", t.TempDir(), "--annotations", "none.csv", "--write"}, c.args...)
		if code, _, err := csl(t, args...); code == exitOK || !strings.Contains(err, c.want) {
			t.Errorf("%v: exit %d: %s", c.args, code, err)
		}
	}
}
