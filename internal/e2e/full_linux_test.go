package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// limited runs csl in a shell that limits files to a number of blocks of 1024 bytes (bash's ulimit -f).
func limited(t *testing.T, blocks int, args ...string) outcome {
	t.Helper()
	c := command(t, args...)
	script := fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, blocks)
	shell := exec.Command("bash", append([]string{"-c", script, binary}, args...)...)
	shell.Dir, shell.Env = c.Dir, c.Env
	return finish(t, shell)
}

// leftovers are the temporary files below a folder.
func leftovers(t *testing.T, dir string) (names []string) {
	t.Helper()
	for name := range fixture.Files(t, dir) {
		if strings.Contains(name, ".csltmp-") {
			names = append(names, name)
		}
	}
	return names
}

func TestFilesThatMayNotGrowEndTheRunButLoseNothing(t *testing.T) {
	d, undisturbed := fixture.Make(t, 10, 5), t.TempDir()
	csl(t, train(d.Settings(undisturbed))...).must(t)
	want := lasting(t, undisturbed)
	biggest := 0
	for _, text := range want {
		biggest = max(biggest, len(text)>>10)
	}
	for _, blocks := range []int{0, biggest / 2, biggest} {
		out := t.TempDir()
		limited(t, blocks, train(d.Settings(out))...).complains(t, 1, "out of space", out)
		if names := leftovers(t, out); names != nil {
			t.Errorf("%d blocks: left %q", blocks, names)
		}
		args := train(d.Settings(out))
		if _, err := safefile.LoadLast(out); err == nil {
			args = []string{"train", "--resume", out}
		}
		csl(t, args...).must(t)
		same(t, fmt.Sprintf("%d blocks", blocks), lasting(t, out), want)
	}
	best := filepath.Join(undisturbed, rundir.Best)
	for name, args := range map[string][]string{
		"validate": {"validate", "--model_path", best, "--data", d.Dir, "--annotations", d.Full, "--save_scores"},
		"prior":    {"estimate-prior", "--model_path", best, "--data", d.Dir, "--annotations", d.Train, "--out"},
	} {
		dir := t.TempDir()
		path := fixture.Write(t, filepath.Join(dir, "result.csv"), "old")
		limited(t, 0, append(args, path)...).complains(t, 1, "out of space", path)
		if files := fixture.Files(t, dir); len(files) != 1 || files["result.csv"] != "old" {
			t.Errorf("%s: left %v", name, files)
		}
	}
}
