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

	"csl/internal/checkpoint/checkpointtest"
	"csl/internal/fixture"
	"csl/internal/rundir"
	"csl/internal/safefile"
)

// started runs a command until a file of its run has grown past a number of bytes.
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
	d, undisturbed, out := fixture.Make(t, 14, 5), t.TempDir(), filepath.Join(t.TempDir(), "my run")
	long := []string{"schedule.epochs=80"}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
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
		want := fmt.Sprintf("csl: interrupted after step %d, which is saved; resume with: csl train --resume '%s'\n", g.Step, out)
		if !strings.HasSuffix(stderr.String(), want) || !strings.Contains(stderr.String(), "csl: stopping; press Ctrl-C again to quit now") {
			t.Errorf("%v: stderr\n%s\nwant at its end\n%s", sig, stderr, want)
		}
	}
	csl(t, "train", "--resume", out).must(t)
	csl(t, train(d.Settings(undisturbed, long...))...).must(t)
	same(t, "resumed", lasting(t, out), lasting(t, undisturbed))
}

func TestASecondCtrlCEndsAtOnce(t *testing.T) {
	d, out := fixture.Make(t, 14, 5), t.TempDir()
	// Steps take long, and the first Ctrl-C waits for the end of the one under way: here the second.
	c := command(t, train(d.Settings(out, "model.planes=0", "model.name=tresnet_s", "data.size=160", "train.batch=7"))...)
	c.Env = append(c.Env, "CSL_KERNELS=portable")
	notice := &waiter{text: "csl: stopping; press Ctrl-C again to quit now", found: make(chan struct{})}
	c.Stderr = notice
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for range 2000 {
		if info, err := os.Stat(filepath.Join(out, rundir.Metrics)); err == nil && info.Size() > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = c.Process.Signal(os.Interrupt) // what becomes of it is seen below
	select {
	case <-notice.found:
		_ = c.Process.Signal(os.Interrupt)
		<-ended
	case <-ended:
	}
	if code := c.ProcessState.ExitCode(); code != 130 || strings.Contains(notice.all.String(), "interrupted after") {
		t.Errorf("exit code %d:\n%s", code, notice.all.String())
	}
	if g, err := safefile.LoadLast(out); err != nil || g.Step != 0 {
		t.Errorf("state %+v, %v", g, err)
	}
}

// waiter gathers output and tells when a text has come.
type waiter struct {
	all   strings.Builder
	text  string
	found chan struct{}
	done  bool
}

func (w *waiter) Write(p []byte) (int, error) {
	n, err := w.all.Write(p)
	if !w.done && strings.Contains(w.all.String(), w.text) {
		w.done = true
		close(w.found)
	}
	return n, err
}

func TestAReaderThatGoesAwayEndsACommandInOrder(t *testing.T) {
	d, drawn := fixture.Make(t, 10, 5), filepath.Join(t.TempDir(), "drawn")
	c := command(t, "infer", "--model_path", checkpointtest.Checkpoint(t, fixture.Classes(), nil), "--batch_size", "1", "--th", "0", "--out", drawn)
	for range 200 {
		c.Args = append(c.Args, d.Dir)
	}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	_ = c.Wait() // the code tells
	if code := c.ProcessState.ExitCode(); code != 141 || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr:\n%s", code, &stderr)
	}
	entries, err := os.ReadDir(drawn)
	if err != nil || len(entries) == 0 || len(entries) > 1000 {
		t.Errorf("%d images drawn, %v", len(entries), err)
	}
	for _, e := range entries {
		if safefile.IsTemp(e.Name()) {
			t.Errorf("left %s", e.Name())
		}
	}
}

func TestAFolderInUseIsRefused(t *testing.T) {
	d, out := fixture.Make(t, 14, 5), t.TempDir()
	c := command(t, train(d.Settings(out, "schedule.epochs=100000"))...)
	started(t, c, filepath.Join(out, rundir.Metrics), 0)
	settings := func() string {
		text, err := os.ReadFile(filepath.Join(out, rundir.Config))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := settings()
	for _, args := range [][]string{train(d.Settings(out)), {"train", "--resume", out}} {
		csl(t, args...).complains(t, 1, fmt.Sprintf("folder %q is in use by process %d", out, c.Process.Pid))
	}
	if settings() != before {
		t.Error("the configuration was changed")
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
}
