package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/labels"
)

func file(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnswersComeFromTheTruthAndKeepAllOtherLabels(t *testing.T) {
	dir := t.TempDir()
	now := file(t, dir, "now.csv", "image,label,value\na.jpg,dog,-1\na.jpg,cat,0\nb.jpg,dog,1\n")
	truth := file(t, dir, "truth.csv", "image,label,value\na.jpg,dog,1\na.jpg,cat,1\nb.jpg,dog,0\nb.jpg,cat,0\n")
	asked := file(t, dir, "list.csv", "image,class\na.jpg,dog\nb.jpg,cat\n")
	next := filepath.Join(dir, "next.csv")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"answer", "--list", asked, "--annotations", now, "--truth", truth, "--out", next}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "2 answers: 1 present, 1 absent, 0 not known; 2 labels changed\n"; out.String() != want {
		t.Errorf("%s", out.String())
	}
	set, _, err := labels.Open(t.Context(), labels.Options{Path: next})
	if err != nil {
		t.Fatal(err)
	}
	want := [2][2]labels.State{{labels.Positive, labels.Negative}, {labels.Positive, labels.Negative}} // dog, cat
	for i := range want {
		for c := range want[i] {
			if got := set.At(i, c); got != want[i][c] {
				t.Errorf("%s, %s: %v", set.ImageName(i), set.Classes[c].Name, got)
			}
		}
	}
	missing := file(t, dir, "other.csv", "image,class\nc.jpg,dog\n")
	if err := run(t.Context(), []string{"answer", "--list", missing, "--annotations", now, "--truth", truth, "--out", next}, &out); err == nil {
		t.Error("a question about an image without labels is answered")
	}
}

func TestCurvesAreDrawnAndTheirMeansPrinted(t *testing.T) {
	dir := t.TempDir()
	points := file(t, dir, "a.csv", "strategy,seed,answers,map_partial\nlikely,1,0,20\nlikely,2,0,22\nlikely,1,100,30\nlikely,2,100,34\na<b,1,0,20\na<b,1,100,25.5\n")
	drawing := filepath.Join(dir, "a.svg")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"plot", "--title", "a & b", "--out", drawing, points}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "likely    100      32.00   30.00  34.00    2") {
		t.Errorf("%s", out.String())
	}
	text, err := os.ReadFile(drawing)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			lines++
		}
	}
	if lines != 2 || !strings.Contains(string(text), "a &amp; b") {
		t.Errorf("%d lines\n%s", lines, text)
	}
}

func TestWrongPointsAreRefused(t *testing.T) {
	for _, text := range []string{"", "strategy,seed,answers,map_partial\n", "s,s,a,m\nlikely,1,x,20\n", "s,s,a\nlikely,1,3\n"} {
		path := file(t, t.TempDir(), "a.csv", text)
		if err := run(t.Context(), []string{"plot", "--out", path + ".svg", path}, io.Discard); err == nil {
			t.Errorf("%q is drawn", text)
		}
	}
}
