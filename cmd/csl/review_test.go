package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongReviewsAreRefusedBeforeAnythingIsServed(t *testing.T) {
	dir, images := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(images, "a.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	list, answers := filepath.Join(dir, "audit.csv"), filepath.Join(dir, "answers.csv")
	for path, text := range map[string]string{list: "image,class\na.png,dog\n", filepath.Join(dir, "labels.csv"): "image,label,value\na.png,dog,1\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := busy.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{list, "--labels", answers}, exitUsage, "--data is missing"},
		{[]string{list, "--data", dir}, exitUsage, "--labels is missing"},
		{[]string{"--data", dir, "--labels", answers}, exitUsage, "give a LIST of questions"},
		{[]string{list, "--model_path", "m", "--data", dir, "--labels", answers}, exitUsage, "and not both"},
		{[]string{list, list, "--data", dir, "--labels", answers}, exitUsage, "want one LIST"},
		{[]string{list, "--data", dir, "--labels", list}, exitUsage, "the command reads this file"},
		{[]string{list, "--data", images, "--labels", filepath.Join(dir, "labels.csv")}, exitFailure, "it is not a file of answers"},
		{[]string{list, "--data", dir, "--labels", answers}, exitFailure, "none of the images of the list is there"},
		{[]string{list, "--data", images, "--labels", answers, "--listen", busy.Addr().String()}, exitFailure, busy.Addr().String()},
		{[]string{list, "--data", dir, "--labels", filepath.Join(dir, "none", "a.csv")}, exitFailure, "none"},
		{[]string{filepath.Join(dir, "none.csv"), "--data", dir, "--labels", answers}, exitFailure, "none.csv"},
		{[]string{"--model_path", "m", "--data", dir, "--labels", answers, "--strategy", "best"}, exitUsage, "--strategy"},
		{[]string{"--model_path", "m", "--data", dir, "--labels", answers, "--limit", "0"}, exitUsage, "--limit 0"},
	} {
		code, out, stderr := csl(t, append([]string{"review"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.want) || out != "" {
			t.Errorf("%q: exit code %d, %q; want %d, %q", c.args, code, stderr, c.code, c.want)
		}
	}
	if _, err := os.Stat(answers); err == nil {
		t.Error("a review that served nothing left a file of answers")
	}
}
