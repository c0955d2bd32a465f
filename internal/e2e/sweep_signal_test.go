//go:build unix

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

func TestCtrlCSavesTheRunsOfASweepAndSaysHowToGoOn(t *testing.T) {
	file := sweepFile(t, fixture.Make(t, 12, 12))
	dir := t.TempDir()
	args := []string{"sweep", file, "--out", filepath.Join(dir, "out"), "--set", "schedule.epochs=200"}
	var runs []struct{ Dir string }
	if err := json.Unmarshal([]byte(csl(t, append(args, "--dry_run", "--format", "json")...).must(t).stdout), &runs); err != nil {
		t.Fatal(err)
	}
	c := command(t, args...)
	stderr := started(t, c, filepath.Join(runs[0].Dir, rundir.Metrics), 0)
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // the code tells
	want := "csl: interrupted; 0 of 5 runs are complete, those in progress are saved; the same command goes on\n"
	if code := c.ProcessState.ExitCode(); code != 130 || !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("exit code %d:\n%s\nwant at its end\n%s", code, stderr, want)
	}
	if g, err := safefile.LoadLast(runs[0].Dir); err != nil || g.Step == 0 {
		t.Errorf("state %+v, %v", g, err)
	}
}
