package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnInputIsNeverOverwritten(t *testing.T) {
	const text = "image,label,value\na.jpg,dog,1\n"
	labels := filepath.Join(t.TempDir(), "l.csv")
	if err := os.WriteFile(labels, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	link := labels + ".link"
	if err := os.Link(labels, link); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"estimate-prior", "--data", t.TempDir(), "--annotations", labels, "--out", labels},
		{"estimate-prior", "--data", t.TempDir(), "--annotations", labels, "--out", link},
		{"validate", "--model_path", "m", "--data", t.TempDir(), "--annotations", labels, "--save_scores", labels},
		{"validate", "--model_path", "m", "--data", t.TempDir(), "--annotations", labels, "--pr_curves", labels},
		{"validate", "--scores", labels, "--annotations", "l.csv", "--pr_curves", labels},
		{"thresholds", "--scores", labels, "--annotations", "l.csv", "--out", labels},
		{"data", "stats", "--annotations", labels, "--out", labels},
		{"data", "check", "--annotations", labels, "--no_images", "--out", labels},
		{"data", "simulate", "--annotations", labels, "--simulate_partial_type", "rps", "--simulate_partial_param", "0.5", "--out", labels},
		{"data", "convert", "--annotations", labels, "--to", "jsonl", "--out", labels},
		{"data", "convert", "--annotations", labels, "--to", "jsonl", "--split", "0.5,0.5", "--out", "new.jsonl," + labels},
	} {
		code, _, stderr := csl(t, args...)
		got, err := os.ReadFile(labels)
		if code != exitUsage || !strings.Contains(stderr, "the command reads this file") || err != nil || string(got) != text {
			t.Errorf("%s: exit %d, file %q, %v: %s", strings.Join(args, " "), code, got, err, stderr)
		}
	}
}

func TestTheBestWeightsOfARunDirectoryAreNeverOverwritten(t *testing.T) {
	dir := t.TempDir()
	best := filepath.Join(dir, "best.safetensors")
	if err := os.WriteFile(best, []byte("weights"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := notRead("--report", best, dir); err == nil {
		t.Error("the weights of a run directory that the command reads may be overwritten")
	}
	if err := notRead("--report", filepath.Join(dir, "page.html"), dir); err != nil {
		t.Errorf("a new file in the run directory is refused: %v", err)
	}
}

func TestTheFilesOfARunAreNeverOverwrittenByOtherCommands(t *testing.T) {
	const text = "image,label,value\na.jpg,dog,1\nb.jpg,dog,0\n"
	root := t.TempDir()
	labels, dir := filepath.Join(root, "l.csv"), filepath.Join(root, "run")
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(labels, text)
	own := []string{"config.yaml", "labels.csv", "metrics.jsonl", "best.safetensors", "report.html", "last", "state-3/state.json"}
	for _, name := range own {
		write(filepath.Join(dir, name), "x")
	}
	for i, args := range [][]string{
		{"estimate-prior", "--data", root, "--annotations", labels, "--out"},
		{"validate", "--model_path", "m", "--data", root, "--annotations", labels, "--report"},
		{"validate", "--model_path", "m", "--data", root, "--annotations", labels, "--save_scores"},
		{"validate", "--scores", labels, "--annotations", labels, "--pr_curves"},
		{"thresholds", "--scores", labels, "--annotations", labels, "--out"},
		{"audit", "--scores", labels, "--annotations", labels, "--out"},
		{"review", labels, "--data", root, "--labels"},
		{"report", root, "--out"},
		{"report", dir, "--out"},
		{"config", "init", "--force", "--out"},
		{"data", "stats", "--annotations", labels, "--out"},
		{"data", "check", "--annotations", labels, "--no_images", "--out"},
		{"data", "simulate", "--annotations", labels, "--simulate_partial_type", "rps", "--simulate_partial_param", "0.5", "--out"},
		{"data", "convert", "--annotations", labels, "--to", "jsonl", "--out"},
		{"data", "convert", "--annotations", labels, "--to", "jsonl", "--split", "0.5,0.5", "--out", filepath.Join(root, "new.jsonl") + ","},
	} {
		name := own[i%len(own)]
		if args[0] == "report" {
			name = "metrics.jsonl"
		}
		path := filepath.Join(dir, name)
		if last := len(args) - 1; strings.HasSuffix(args[last], ",") {
			args[last] += path
		} else {
			args = append(args, path)
		}
		code, _, stderr := csl(t, args...)
		got, err := os.ReadFile(path)
		if code != exitUsage || !strings.Contains(stderr, "the file belongs to the run in ") || err != nil || string(got) != "x" {
			t.Errorf("%s: exit %d, file %q, %v: %s", strings.Join(args, " "), code, got, err, stderr)
		}
	}
}

func TestARunsPageMayBeWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"config.yaml", "metrics.jsonl", "report.html"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := filepath.Join(dir, "report.html")
	if err := notOfARun("--out", page, "other", dir); err != nil {
		t.Errorf("the page of a run that is reported: %v", err)
	}
	if err := notOfARun("--out", page, "other"); err == nil {
		t.Error("the page of another run may be overwritten")
	}
}
