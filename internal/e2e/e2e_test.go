package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"csl/internal/fixture"
	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/tensorboard/tensorboardtest"
)

// binary is the csl that all tests use.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "csl-e2e-")
	if err == nil {
		binary = filepath.Join(dir, "csl")
		if runtime.GOOS == "windows" {
			binary += ".exe"
		}
		var out []byte
		if out, err = exec.Command("go", "build", "-o", binary, "csl/cmd/csl").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build csl:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir) // of the temporary folder; its remains harm nobody
	os.Exit(code)
}

// command is csl with arguments and without settings from this process's environment.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(binary, args...)
	c.Dir = t.TempDir()
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CSL_") && !strings.HasPrefix(e, "GOTRACEBACK") {
			c.Env = append(c.Env, e)
		}
	}
	return c
}

// outcome is how a process ended.
type outcome struct {
	code           int // -1 if it was killed
	stdout, stderr string
}

func csl(t *testing.T, args ...string) outcome {
	t.Helper()
	return finish(t, command(t, args...))
}

func finish(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	var out, err bytes.Buffer
	c.Stdout, c.Stderr = &out, &err
	rerr := c.Run()
	var exit *exec.ExitError
	if rerr != nil && !errors.As(rerr, &exit) {
		t.Fatal(rerr)
	}
	return outcome{c.ProcessState.ExitCode(), out.String(), err.String()}
}

// must fails the test unless the process succeeded.
func (o outcome) must(t *testing.T) outcome {
	t.Helper()
	if o.code != 0 {
		t.Fatalf("exit code %d, stderr:\n%s", o.code, o.stderr)
	}
	return o
}

// complaints are the lines of standard error that csl ended with.
func (o outcome) complaints() []string {
	var lines []string
	for line := range strings.Lines(o.stderr) {
		if strings.HasPrefix(line, "csl: ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// complains fails unless csl ended with that code and one line that has all parts.
func (o outcome) complains(t *testing.T, code int, parts ...string) {
	t.Helper()
	lines := o.complaints()
	if o.code != code || len(lines) != 1 {
		t.Errorf("exit code %d, want %d, and one line in\n%s", o.code, code, o.stderr)
		return
	}
	for _, p := range parts {
		if !strings.Contains(lines[0], p) {
			t.Errorf("%q lacks %q", lines[0], p)
		}
	}
	if strings.Contains(o.stderr, "goroutine ") || strings.Contains(o.stderr, ".go:") {
		t.Errorf("a stack trace:\n%s", o.stderr)
	}
}

// train is a command line of training with settings.
func train(settings []string, more ...string) []string {
	args := []string{"train"}
	for _, s := range settings {
		args = append(args, "--set", s)
	}
	return append(args, more...)
}

// lasting are the files of a run that equal runs have in common: all but those with clock values and
// the configuration, which names the folder.
func lasting(t *testing.T, dir string) map[string]string {
	t.Helper()
	g, err := safefile.LoadLast(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name, text := range fixture.Files(t, dir) {
		folder, base := filepath.Split(name)
		switch {
		case name == rundir.Report || name == rundir.Timings || name == "last" || name == ".lock" || name == rundir.Config:
		case name == g.Folder+"/state.json":
			var keep []string
			for line := range strings.Lines(text) {
				if !strings.Contains(line, "timing_bytes") {
					keep = append(keep, line)
				}
			}
			files["state/"+base] = strings.Join(keep, "")
		case folder == g.Folder+"/":
			files["state/"+base] = text
		case name == rundir.Events:
			files[name] = withoutTimes(t, text)
		default:
			files[name] = text
		}
	}
	return files
}

// withoutTimes is what the file for TensorBoard says but for the clock.
func withoutTimes(t *testing.T, file string) string {
	t.Helper()
	events, err := tensorboardtest.Read([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%d %s %v\n", e.Step, e.Version, e.Values)
	}
	return b.String()
}

// same fails unless two runs have the same files.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s differs (%d and %d bytes)", what, name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s should not be there", what, name)
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
