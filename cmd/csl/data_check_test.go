package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
)

// One set with a fault of each kind.
func TestDataCheckFindsEachPlantedFault(t *testing.T) {
	d := fixture.Make(t, 6, 0)
	copyOf := func(from, to string) {
		img, err := os.ReadFile(filepath.Join(d.Dir, d.Images[from[0]-'0']))
		if err != nil {
			t.Fatal(err)
		}
		fixture.Write(t, filepath.Join(d.Dir, to), string(img))
	}
	copyOf("0", "twin.png")
	copyOf("1", "leak.png")
	fixture.Write(t, filepath.Join(d.Dir, "broken.png"), "no image")
	row := func(image, cells string) string { return image + "," + cells + "\n" }
	train := "image,red,green,blue\n" + row(d.Images[0], "1,0,") + row(d.Images[1], "0,1,") + row("twin.png", "1,0,0") + row("broken.png", "1,,") + row(d.Images[2], ",,") + row("missing.png", "0,1,0")
	val := "image,red,green,blue\nleak.png,1,0,1\n" + row(d.Images[3], "0,1,0")
	labelled, validation, out := labelFile(t, "t.csv", train), labelFile(t, "v.csv", val), filepath.Join(t.TempDir(), "f.csv")
	args := []string{"data", "check", "--annotations", labelled, "--data", d.Dir, "--set", "data.val.annotations=" + validation, "--out", out}
	code, text, stderr := csl(t, append(args, "--format", "json")...)
	var got struct{ Findings []finding }
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != exitSkipped || !strings.Contains(stderr, "6 problems found") {
		t.Fatalf("code %d, %v, stderr %q, stdout %q", code, err, stderr, text)
	}
	want := []struct{ kind, split, name string }{
		{foundUnusable, "train", "broken.png"},
		{foundUnusable, "train", "missing.png"},
		{foundUnlabelled, "train", d.Images[2]},
		{foundNeverPresent, "train", "blue"},
		{foundSameContent, "train", "twin.png"},
		{foundLeak, "val", "leak.png"},
	}
	if len(got.Findings) != len(want) {
		t.Errorf("%d findings, want %d", len(got.Findings), len(want))
	}
	for _, w := range want {
		found := false
		for _, f := range got.Findings {
			found = found || f.Kind == w.kind && f.Split == w.split && f.Name == w.name
		}
		if !found {
			t.Errorf("%+v was not found in %+v", w, got.Findings)
		}
	}
	table, err := os.ReadFile(out)
	if err != nil || strings.Count(string(table), "\n") != len(got.Findings)+1 {
		t.Errorf("%v:\n%s", err, table)
	}
	code, text, _ = csl(t, append(args, "--most", "0")...)
	if code != exitSkipped || !strings.HasPrefix(text, "     2  image that cannot be used\n     1  ") || strings.Count(text, "\n") != 5 {
		t.Errorf("code %d, the summary alone:\n%s", code, text)
	}
	code, text, _ = csl(t, append(args, "--most", "1")...)
	if code != exitSkipped || !strings.Contains(text, "\nimage that cannot be used (1 of 2; --most or --out shows more)\n  train broken.png: ") || strings.Contains(text, "missing.png") {
		t.Errorf("code %d:\n%s", code, text)
	}
}

func TestDataCheckOfSoundLabelsAloneFindsNothing(t *testing.T) {
	path := labelFile(t, "l.csv", "image,dog\na,1\nb,0\n")
	code, out, err := csl(t, "data", "check", "--annotations", path, "--no_images")
	if code != exitOK || out != "nothing found\n" || err != "" {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
	if code, out, _ = csl(t, "data", "check", "--annotations", path, "--no_pictures"); code != exitOK || out != "nothing found\n" {
		t.Errorf("--no_pictures: code %d, stdout %q", code, out)
	}
	code, out, err = csl(t, "data", "check", "--annotations", path)
	if code != exitUsage || out != "" || !strings.Contains(err, "--data is missing") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, err)
	}
}

func TestDataCheckSaysThatClassDescriptionsAreNotUsed(t *testing.T) {
	d := fixture.Make(t, 2, 0)
	names := labelFile(t, "names.csv", "/m/1,red\n")
	labelled := labelFile(t, "t.csv", "image,label,value\n"+d.Images[0]+",red,1\n"+d.Images[1]+",red,0\n")
	for _, more := range []string{"--no_images", "--no_images=false"} {
		_, _, stderr := csl(t, "data", "check", "-q", "--annotations", labelled, "--data", d.Dir, more, "--set", "data.class_descriptions="+names)
		if strings.Count(stderr, "data.class_descriptions is not used") != 1 || !strings.Contains(stderr, "warning: ") {
			t.Errorf("%s: %s", more, stderr)
		}
	}
}
