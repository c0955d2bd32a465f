package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/labels"
	"csl/internal/rundir"
)

// readSet reads labels.
func readSet(t *testing.T, path string) *labels.Set {
	t.Helper()
	set, _, err := labels.Open(t.Context(), labels.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestDataConvertSplitsWithRareClassesOnBothSides(t *testing.T) {
	var text strings.Builder
	text.WriteString("image,often,rare\n")
	for i := range 100 {
		rare := 0
		if i%50 == 7 {
			rare = 1
		}
		fmt.Fprintf(&text, "%02d.jpg,%d,%d\n", i, i%2, rare)
	}
	from, dir := labelFile(t, "l.csv", text.String()), t.TempDir()
	for out, files := range map[string][2]string{
		filepath.Join(dir, "p.csv"):                             {filepath.Join(dir, "p-1.csv"), filepath.Join(dir, "p-2.csv")},
		filepath.Join(dir, "a") + "," + filepath.Join(dir, "b"): {filepath.Join(dir, "a"), filepath.Join(dir, "b")},
	} {
		code, stdout, stderr := csl(t, "data", "convert", "--annotations", from, "--to", "wide", "--split", "0.9,0.1", "--seed", "4", "--out", out)
		if code != exitOK || strings.Count(stdout, "\n") != 2 || stderr != "" {
			t.Fatalf("code %d, stdout %q, stderr %q", code, stdout, stderr)
		}
		for p, want := range []int{90, 10} {
			set := readSet(t, files[p])
			if c := set.Stats().Classes; set.Len() != want || c[1].Positives != 1 || c[0].Positives != int64(want/2) {
				t.Errorf("%s: %d images, %+v", files[p], set.Len(), c)
			}
		}
	}
}

func TestDataConvertWarnsOfClassesInOnePart(t *testing.T) {
	from, to := labelFile(t, "l.csv", "image,dog\na,1\nb,0\nc,0\nd,0\n"), filepath.Join(t.TempDir(), "x.csv")
	code, _, stderr := csl(t, "data", "convert", "--annotations", from, "--to", "csv", "--split", "0.5,0.5", "--out", to)
	if code != exitOK || !strings.Contains(stderr, "1 class with too few images to be present in each part, such as dog") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	for flags, want := range map[string]string{
		"--split 0.5,0.5 --out a,b,c": "names 3 files for 2 parts", "--split 0.5,0.5 --out a,a": "different files",
		"--split 0.5,0.6 --out a": "add up to", "--split x --out a": "--split",
	} {
		code, out, err := csl(t, append([]string{"data", "convert", "--to", "csv", "--annotations", from}, strings.Fields(flags)...)...)
		if code == exitOK || out != "" || !strings.Contains(err, want) {
			t.Errorf("%s: code %d, stderr %q, want %q", flags, code, err, want)
		}
	}
}

// What is written is what training uses with the same settings.
func TestDataSimulateEqualsTraining(t *testing.T) {
	d := fixture.Make(t, 12, 4)
	for typ, param := range map[string]string{"fpc": "2", "rps": "0.5", "single": "1", "openimages": "2"} {
		out, run := filepath.Join(t.TempDir(), "s.csv"), filepath.Join(t.TempDir(), "run")
		code, _, stderr := csl(t, "data", "simulate", "--annotations", d.Full, "--simulate_partial_type", typ, "--simulate_partial_param", param, "--set", "simulate.seed=3", "--out", out)
		if code != exitOK {
			t.Fatalf("%s: %s", typ, stderr)
		}
		args := []string{"train", "-q"}
		for _, s := range d.Settings(run, "data.train.annotations="+d.Full, "schedule.epochs=1", "simulate.type="+typ, "simulate.param="+param, "simulate.seed=3") {
			args = append(args, "--set", s)
		}
		if code, _, stderr = csl(t, args...); code != exitOK {
			t.Fatalf("%s: %s", typ, stderr)
		}
		if set := readSet(t, out); !set.Equal(readSet(t, filepath.Join(run, rundir.Labels))) || set.Stats().Total.Unknown == 0 {
			t.Errorf("%s: not the labels of training", typ)
		}
	}
}

// What is made is what training finds.
func TestDataCacheMakesWhatTrainingReads(t *testing.T) {
	d := fixture.Make(t, 12, 4)
	cache, run := filepath.Join(t.TempDir(), "cache"), filepath.Join(t.TempDir(), "run")
	settings := func(args ...string) []string {
		for _, s := range d.Settings(run, "schedule.epochs=1") {
			args = append(args, "--set", s)
		}
		return args
	}
	code, out, stderr := csl(t, settings("data", "cache", "--out", cache)...)
	if code != exitOK || strings.Count(out, ", made\n") != 2 || !strings.Contains(out, "train, 12 images of 32x32") || !strings.Contains(out, "val, 4 images") {
		t.Fatalf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	before, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := csl(t, settings("train", "-q", "--set", "data.cache="+cache)...); code != exitOK {
		t.Fatal(stderr)
	}
	after, err := os.ReadDir(cache)
	if err != nil || len(after) != len(before) {
		t.Errorf("%v before, %v after, %v", before, after, err)
	}
	for i := range before {
		a, errA := before[i].Info()
		b, errB := after[i].Info()
		if errA != nil || errB != nil || a.Name() != b.Name() || !a.ModTime().Equal(b.ModTime()) {
			t.Errorf("training made %v anew", b)
		}
	}
	if _, out, _ := csl(t, settings("data", "cache", "--out", cache)...); strings.Count(out, ", up to date\n") != 2 {
		t.Errorf("%q", out)
	}
	if code, _, stderr := csl(t, settings("data", "cache")...); code != exitUsage || !strings.Contains(stderr, "--out is missing") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}
