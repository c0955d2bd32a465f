package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHelpForACommandThatDoesNotExistFails(t *testing.T) {
	for _, args := range [][]string{{"help", "nonsense"}, {"help", "data", "nonsense"}, {"help", "trian"}} {
		if code, out, err := csl(t, args...); code != exitUsage || out != "" || !strings.Contains(err, "unknown command") {
			t.Errorf("%v: code %d, %q, %q", args, code, out, err)
		}
	}
	if code, out, err := csl(t, "help", "data", "synth"); code != exitOK || !strings.Contains(out, "csl data synth") || err != "" {
		t.Errorf("code %d, %q, %q", code, out, err)
	}
}

// What steers a terminal, or forges a line, must not reach it from a file.
func TestNamesFromFilesDoNotSteerTheTerminal(t *testing.T) {
	dir := album(t)
	steer := "\x1b]0;PWN\x07\x1b[31m\u202e\u009b2J"
	classes := filepath.Join(dir, "classes.txt")
	var names []string
	for i := range 8 {
		names = append(names, steer+string(rune('a'+i)))
	}
	write := func(path, text string) string {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(classes, strings.Join(names, "\n"))
	labels := write(filepath.Join(dir, "l.csv"), "image,label,value\n"+steer+"none.jpg,"+steer+"x,1\n")
	odd := write(filepath.Join(dir, "odd"+steer+".png"), "no image")
	for _, args := range [][]string{
		{"infer", "--model_path", tinyModel(), "--input_size", "32", "--th", "0", "--classes", classes, filepath.Join(dir, "b.jpg")},
		{"infer", "--model_path", tinyModel(), "--input_size", "32", "--th", "0", "--classes", classes, "--format", "json", filepath.Join(dir, "b.jpg")},
		{"infer", "--model_path", tinyModel(), "--input_size", "32", odd},
		{"infer", "--model_path", tinyModel(), "--input_size", "32", "--log_format", "json", odd},
		{"validate", "--model_path", tinyModel(), "--data", dir, "--annotations", labels},
		{"train", "--data", dir, "--annotations", labels, "--out", filepath.Join(dir, "run")},
		{"train", "--config", steer + "none.yaml"},
		{steer + "\nforged"},
		{"train", "--" + steer},
	} {
		_, out, err := csl(t, args...)
		if strings.ContainsAny(out+err, "\x1b\x07\u202e\u009b") {
			t.Errorf("%q: %q, %q", args, out, err)
		}
		if strings.Contains(err, "\nforged") {
			t.Errorf("%q forges a line: %q", args, err)
		}
	}
}

func TestCSVForSpreadsheetsHoldsNoFormulas(t *testing.T) {
	dir := album(t)
	classes := filepath.Join(dir, "classes.txt")
	if err := os.WriteFile(classes, []byte("=1+1\n@x\n-y\n+z\na\nb\nc\nd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, plain, _ := inferTiny(t, "--classes", classes, "--format", "csv", filepath.Join(dir, "b.jpg"))
	_, safe, _ := inferTiny(t, "--classes", classes, "--format", "csv", "--csv_safe", filepath.Join(dir, "b.jpg"))
	for _, name := range []string{"=1+1", "@x", "-y", "+z"} {
		if !strings.Contains(plain, ","+name+",") || strings.Contains(safe, ","+name+",") || !strings.Contains(safe, ",'"+name+",") {
			t.Errorf("%s: %q, %q", name, plain, safe)
		}
	}
}

func TestInferRemovesWhatAKilledOneLeft(t *testing.T) {
	dir := album(t)
	out := filepath.Join(dir, "drawn")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(out, ".b.jpg.csltmp-0123456789ab")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, err := inferTiny(t, "--out", out, filepath.Join(dir, "b.jpg")); code != exitOK {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("the leftover is still there")
	}
}
