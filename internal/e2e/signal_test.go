//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/train/traintest"
)

// started runs a command until a file of its run has grown past so many bytes.
func started(t *testing.T, c *exec.Cmd, file string, size int64) (stderr *bytes.Buffer) {
	t.Helper()
	stderr = &bytes.Buffer{}
	c.Stderr = stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		if info, err := os.Stat(file); err == nil && info.Size() > size {
			return stderr
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = c.Process.Kill() // it is hanging
	_ = c.Wait()
	t.Fatalf("%s never grew:\n%s", file, stderr)
	return nil
}

func TestCtrlCSavesAndSaysHowToGoOn(t *testing.T) {
	d, undisturbed, out := traintest.Make(t, 14, 5), t.TempDir(), filepath.Join(t.TempDir(), "my run")
	long := []string{"schedule.epochs=30"}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		args := train(d.Settings(out, long...))
		if exists(out) {
			args = []string{"train", "--resume", out}
		}
		c := command(t, args...)
		before := int64(0)
		if info, err := os.Stat(filepath.Join(out, rundir.Metrics)); err == nil {
			before = info.Size() // a resumed run first cuts its log
		}
		stderr := started(t, c, filepath.Join(out, rundir.Metrics), before)
		if err := c.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // the code tells
		if code := c.ProcessState.ExitCode(); code != 130 {
			t.Fatalf("%v: exit code %d:\n%s", sig, code, stderr)
		}
		g, err := safefile.LoadLast(out)
		if err != nil || g.Step == 0 {
			t.Fatalf("%v: state %+v, %v", sig, g, err)
		}
		want := fmt.Sprintf("csl: interrupted after step %d, which is saved; go on with: csl train --resume '%s'\n", g.Step, out)
		if !strings.HasSuffix(stderr.String(), want) || !strings.Contains(stderr.String(), "csl: stopping; Ctrl-C again ends at once") {
			t.Errorf("%v: stderr\n%s\nwant at its end\n%s", sig, stderr, want)
		}
	}
	csl(t, "train", "--resume", out).must(t)
	csl(t, train(d.Settings(undisturbed, long...))...).must(t)
	same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
}

func TestASecondCtrlCEndsAtOnce(t *testing.T) {
	d, out := traintest.Make(t, 14, 5), t.TempDir()
	// One optimizer step of very many batches: the first Ctrl-C would wait for its end.
	c := command(t, train(d.Settings(out, "schedule.epochs=100000", "train.save_every=1"))...)
	stderr := started(t, c, filepath.Join(out, rundir.Metrics), 0)
	for range 200 { // until both arrived
		if c.Process.Signal(os.Interrupt) != nil {
			break
		}
	}
	_ = c.Wait() // the code tells
	if code := c.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
	if _, err := safefile.LoadLast(out); err != nil {
		t.Errorf("the state is lost: %v", err)
	}
}

func TestAFolderInUseIsRefused(t *testing.T) {
	d, out := traintest.Make(t, 14, 5), t.TempDir()
	c := command(t, train(d.Settings(out, "schedule.epochs=100000"))...)
	started(t, c, filepath.Join(out, rundir.Metrics), 0)
	before := traintest.Files(t, out)["config.yaml"]
	for _, args := range [][]string{train(d.Settings(out)), {"train", "--resume", out}} {
		csl(t, args...).complains(t, 1, fmt.Sprintf("folder %q is in use by process %d", out, c.Process.Pid))
	}
	if traintest.Files(t, out)["config.yaml"] != before {
		t.Error("the configuration was changed")
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
}
