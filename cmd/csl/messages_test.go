package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever is given in place of a file, the message is one line that names it once.
func TestMessagesNameAFileOnce(t *testing.T) {
	dir := t.TempDir()
	at := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	labels := at("labels.csv", "image,label,value\na.jpg,dog,1\nb.jpg,dog,0\n")
	one := at("one.csv", "image,label,value\na.jpg,dog,1\n") // several images are named with their folder each
	strangers := []string{
		filepath.Join(dir, "missing"), at("empty", ""), at("junk", "\x00\xff\x01"), at("cut.json", `{"images": [{"id": 1`),
		at("cut.npy", "\x93NUMPY\x01"), filepath.Join(dir, "folder"),
	}
	if err := os.Mkdir(strangers[len(strangers)-1], 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"data", "stats", "--annotations", "@"},
		{"validate", "--scores", "@", "--annotations", labels},
		{"thresholds", "--scores", "@", "--annotations", labels},
		{"audit", "--scores", "@", "--annotations", labels, "--out", filepath.Join(dir, "audit.csv")},
		{"estimate-prior", "--data", dir, "--annotations", labels, "--set", "loss.scores=@", "--out", filepath.Join(dir, "prior.csv"), "--run_dir", filepath.Join(dir, "run")},
		{"audit", "--scores", labels, "--annotations", labels, "--compare_with", "@", "--out", filepath.Join(dir, "audit.csv")},
		{"review", "@", "--data", dir, "--labels", filepath.Join(dir, "answers.csv")},
		{"config", "show", "--config", "@"},
		{"sweep", "@", "--dry_run"},
		{"info", "@"},
		{"report", "@"},
		{"train", "--resume", "@"},
		{"data", "check", "--data", "@", "--annotations", one},
		{"data", "cache", "--data", dir, "--annotations", labels, "--out", "@/x", "--image_size", "32"},
	} {
		for _, path := range strangers {
			given := make([]string, len(args))
			for i, a := range args {
				given[i] = strings.ReplaceAll(a, "@", path)
			}
			if code, _, stderr := csl(t, given...); code != exitOK {
				checkMessage(t, given, path, stderr)
			}
		}
	}
}

// checkMessage looks at each line about an error; lines with warnings and progress may come before.
func checkMessage(t *testing.T, args []string, path, stderr string) {
	t.Helper()
	for line := range strings.Lines(stderr) {
		if text, isError := strings.CutPrefix(line, "csl: "); isError && strings.Count(text, `"`+path+`"`) > 1 {
			t.Errorf("%s: names the file twice: %s", strings.Join(args, " "), line)
		}
	}
	if !strings.Contains(stderr, "csl: ") {
		t.Errorf("%s: no error: %s", strings.Join(args, " "), stderr)
	}
}

func TestAnEmptyFileOfScoresIsCalledEmpty(t *testing.T) {
	dir := t.TempDir()
	empty, labels := filepath.Join(dir, "empty.csv"), filepath.Join(dir, "labels.csv")
	for path, text := range map[string]string{empty: "", labels: "image,label,value\na.jpg,dog,1\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := csl(t, "audit", "--scores", empty, "--annotations", labels, "--out", filepath.Join(dir, "audit.csv"))
	if code != exitFailure || !strings.Contains(stderr, "the file is empty: want image,label,score") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestLabelsBesideScoresAreReportedOnOneLine(t *testing.T) {
	dir := t.TempDir()
	scores, labels := filepath.Join(dir, "scores.csv"), filepath.Join(dir, "labels.csv")
	for path, text := range map[string]string{
		scores: "image,label,score\na,dog,0.9\nb,dog,0.1\nc,dog,0.2\n",
		labels: "image,label,value\na,dog,1\nb,dog,0\nc,dog,-1\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range [][]string{{"thresholds"}, {"validate"}, {"audit", "--out", filepath.Join(dir, "audit.csv")}} {
		code, _, stderr := csl(t, append(command, "--scores", scores, "--annotations", labels)...)
		if code != exitOK || !strings.Contains(stderr, "1 class; 1 row that says -1 (unknown)\n") {
			t.Errorf("%v: exit %d: %s", command, code, stderr)
		}
	}
}
