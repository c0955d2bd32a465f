package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"csl/internal/config"
	"csl/internal/safefile"

	"github.com/spf13/cobra"
)

// fakeStreams are streams of a test: nothing is a terminal.
func fakeStreams() (s *streams, out, err *bytes.Buffer) {
	out, err = &bytes.Buffer{}, &bytes.Buffer{}
	return &streams{
		in: strings.NewReader(""), out: out, err: err,
		width: func() int { return 100 }, fs: safefile.OS(),
	}, out, err
}

// csl runs a command line in this process.
func csl(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	threads := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(threads)
	s, o, e := fakeStreams()
	code = run(context.Background(), args, s)
	return code, o.String(), e.String()
}

func TestWrongUsageExits2WithOneLineAndAHint(t *testing.T) {
	for line, want := range map[string]string{
		"confg":                         `unknown command "confg" for "csl"; did you mean config?`,
		"config shwo":                   `unknown command "shwo" for "csl config"; did you mean show?`,
		"completion bsh":                `unknown command "bsh" for "csl completion"; did you mean bash?`,
		"version x":                     `"csl version" takes no arguments, but got "x"`,
		"version --theads 3":            "unknown flag: --theads; did you mean --threads?",
		"version --threads x":           `invalid argument "x" for "--threads" flag`,
		"version --threads 0":           "--threads 0: must be 1 to 4096",
		"version --log-format xml":      `--log_format: log format "xml": must be text or json`,
		"version -q -v":                 "[quiet verbose]",
		"config show --format xml":      `--format "xml": must be text or yaml`,
		"config show --config":          "flag needs an argument",
		"config init --completely-else": "unknown flag: --completely-else",
	} {
		code, out, err := csl(t, strings.Fields(line)...)
		lines := strings.Split(strings.TrimSpace(err), "\n")
		if code != exitUsage || out != "" || len(lines) != 2 || !strings.HasPrefix(lines[0], "csl: ") ||
			!strings.Contains(lines[0], want) || !strings.HasPrefix(lines[1], "see csl") {
			t.Errorf("csl %s: code %d, stdout %q, stderr %q, want %q", line, code, out, err, want)
		}
	}
}

func TestWrongSettingsExit2WithOneLineEach(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("loss:\n  topkk: 3\n  clip: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, err := csl(t, "config", "show", "-c", file, "--set", "lr=1")
	want := fmt.Sprintf("csl: config %q line 2: loss.topkk: is not a known key; did you mean \"loss.topk\"?\n"+
		"csl: --set: lr: is not a known key; did you mean \"optimizer.lr\"?\n"+
		"csl: config %q line 3: loss.clip: \"2\" is not allowed: must be a number of at least 0 and below 1\n", file, file)
	if code != exitUsage || out != "" || err != want {
		t.Errorf("code %d, stdout %q, stderr\n%swant\n%s", code, out, err, want)
	}
}

func TestUnreadableConfigExits1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	code, _, err := csl(t, "config", "show", "--config", path)
	if code != exitFailure || !strings.HasPrefix(err, fmt.Sprintf("csl: read config %q: ", path)) || strings.Count(err, "\n") != 1 {
		t.Errorf("code %d, stderr %q", code, err)
	}
}

func TestHelpGoesToStandardOutput(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"config"}, {"help", "config"}} {
		code, out, err := csl(t, args...)
		if code != exitOK || !strings.Contains(out, "Available Commands:") || err != "" {
			t.Errorf("csl %v: code %d, stdout %q, stderr %q", args, code, out, err)
		}
	}
}

func TestVersion(t *testing.T) {
	_, long, _ := csl(t, "--version")
	code, out, err := csl(t, "version")
	if code != exitOK || err != "" || out != long || !strings.HasPrefix(out, "csl ") || !strings.Contains(out, runtime.Version()) {
		t.Errorf("code %d, stdout %q, stderr %q; --version: %q", code, out, err, long)
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, out, err := csl(t, "completion", shell)
		if code != exitOK || err != "" || !strings.Contains(out, "csl") {
			t.Errorf("%s: code %d, stderr %q", shell, code, err)
		}
	}
}

// boom is a standard output that panics.
type boom struct{}

func (boom) Write([]byte) (int, error) { panic("index out of range\ngoroutine 1 [running]") }

func TestAPanicIsOneLineAndExit1(t *testing.T) {
	s, _, stderr := fakeStreams()
	s.out = boom{}
	code := run(context.Background(), []string{"version"}, s)
	if code != exitFailure || stderr.String() != "csl: internal error: index out of range; this is a bug of csl, please report it\n" {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}

func TestExitCodesByKindOfError(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	live := context.Background()
	for _, x := range []struct {
		ctx  context.Context
		err  error
		code int
		text string
	}{
		{live, errors.New("disk full"), exitFailure, "csl: disk full\n"},
		{live, fmt.Errorf("read: %w", context.Canceled), exitFailure, "csl: read: context canceled\n"},
		{canceled, errors.New("disk full"), exitFailure, "csl: disk full\n"},
		{canceled, context.Canceled, exitInterrupted, "csl: interrupted\n"},
		{canceled, fmt.Errorf("stopped at step 5, resume with --resume last: %w", context.Canceled), exitInterrupted, "csl: stopped at step 5, resume with --resume last\n"},
		{live, fmt.Errorf("infer: %w", &skippedError{errors.New("2 images skipped")}), exitSkipped, "csl: infer: 2 images skipped\n"},
		{live, usagef("no images"), exitUsage, "csl: no images\nsee csl x --help\n"},
		{live, config.Default().Require("prior.path", "data.val.root"), exitUsage, "csl: prior.path: is not set: give --prior_path, CSL_PRIOR_PATH, --set prior.path=... or a config file\n" +
			"csl: data.val.root: is not set: give --val_data, CSL_DATA_VAL_ROOT, --set data.val.root=... or a config file\n"},
	} {
		var b bytes.Buffer
		parent := &cobra.Command{Use: "csl"}
		cmd := &cobra.Command{Use: "x"}
		parent.AddCommand(cmd)
		if code := report(x.ctx, &b, cmd, x.err); code != x.code || b.String() != x.text {
			t.Errorf("%v: code %d, stderr %q, want %d, %q", x.err, code, &b, x.code, x.text)
		}
	}
}

func TestFirstInterruptCancelsSecondEndsAtOnce(t *testing.T) {
	signals, done, exited := make(chan os.Signal), make(chan struct{}), make(chan int)
	ctx, cancel := context.WithCancelCause(context.Background())
	var notice bytes.Buffer
	go watch(signals, done, cancel, &notice, func(code int) { exited <- code })
	signals <- os.Interrupt
	<-ctx.Done()
	if !strings.Contains(notice.String(), "press Ctrl-C again to quit now") {
		t.Errorf("notice %q", &notice)
	}
	signals <- os.Interrupt
	if code := <-exited; code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}

func TestABrokenPipeCancelsAndNeverEndsAtOnce(t *testing.T) {
	signals, done := make(chan os.Signal), make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.Background())
	var notice bytes.Buffer
	go watch(signals, done, cancel, &notice, func(int) { t.Error("exit called") })
	for range 3 {
		signals <- syscall.SIGPIPE
	}
	<-ctx.Done()
	close(done)
	var out bytes.Buffer
	cmd := &cobra.Command{Use: "x"}
	for _, err := range []error{context.Canceled, context.Cause(ctx), fmt.Errorf("stopped: %w", context.Canceled), &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}} {
		if code := report(ctx, &out, cmd, err); code != exitNoReader || out.Len() > 0 || notice.Len() > 0 {
			t.Errorf("%v: code %d, stderr %q, notice %q", err, code, &out, &notice)
		}
	}
	if code := report(ctx, &out, cmd, errors.New("disk full")); code != exitFailure {
		t.Errorf("another failure: code %d", code)
	}
}

func TestStopEndsTheWatch(t *testing.T) {
	ctx, stop := interruptible(context.Background(), &bytes.Buffer{}, func(int) { t.Error("exit called") })
	if ctx.Err() != nil {
		t.Error("cancelled from the start")
	}
	stop()
	<-ctx.Done()
}

func TestThreadsLimitTheRuntime(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	s, _, _ := fakeStreams()
	if code := run(context.Background(), []string{"version", "--threads", "1"}, s); code != exitOK || runtime.GOMAXPROCS(0) != 1 || s.global.threads != 1 {
		t.Errorf("code %d, GOMAXPROCS %d, threads %d", code, runtime.GOMAXPROCS(0), s.global.threads)
	}
}

func TestEveryCommandIsExplainedAndEveryBoundFlagIsKnown(t *testing.T) {
	s, _, _ := fakeStreams()
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s has no short help", cmd.CommandPath())
		}
		if _, _, err := config.Load(config.Sources{Flags: cmd.Flags()}); err != nil {
			t.Errorf("%s: %v", cmd.CommandPath(), err)
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRootCommand(s))
}
