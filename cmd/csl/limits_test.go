package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// limited runs csl as a separate process under limits that a shell sets.
func limited(t *testing.T, limit string, args ...string) (code int, stderr string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("limits are read on Linux")
	}
	cmd := command(t, args...)
	shell := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", limit + ` && exec "$@"`, "sh", cmd.Path}, args...)...)
	shell.Env = cmd.Env
	var e strings.Builder
	shell.Stderr = &e
	_ = shell.Run() // the exit code says it
	return shell.ProcessState.ExitCode(), e.String()
}

func TestTooFewFileDescriptorsAreOneLine(t *testing.T) {
	code, stderr := limited(t, "ulimit -n 12", "version")
	if code != exitFailure || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "needs at least 16; the limit is 12 (ulimit -n)") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestTooLittleAddressSpaceIsOneLine(t *testing.T) {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "1"}) {
		t.Skip("the C library takes 64 MB of addresses per thread before csl is asked")
	}
	// Go's runtime needs about 1.3 GB of addresses before csl's first line runs, a little more or less by system and
	// run, and dies by itself below that. The steps are a quarter of the memory that csl asks for.
	const first, last, step = 1200 << 10, 4 << 20, leastMemory >> 10 / 4 // in KiB, as ulimit counts
	var stderr string
	for limit := first; limit <= last; limit += step {
		var code int
		code, stderr = limited(t, fmt.Sprintf("ulimit -v %d", limit), "bench", "--model_name", "tresnet_tiny", "--image_size", "32", "--seconds", "0.01")
		if strings.Contains(stderr, "not enough memory: computing needs") {
			if code != exitFailure || strings.Count(stderr, "\n") != 1 {
				t.Errorf("at %d KiB: exit %d: %s", limit, code, stderr)
			}
			return
		}
	}
	t.Errorf("no limit of addresses is refused by csl; the last answer: %s", stderr)
}

func TestSizesThatCannotBeAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"version", "--threads", "1000000000"}, "must be 1 to 4096"},
		{[]string{"bench", "--num_classes", "10000000000"}, "want 1 to 16777216"},
		{[]string{"bench", "--model_name", "tresnet_tiny", "--image_size", "65536"}, "a batch of 8 images of 65536x65536 needs at least 962.1 GB"},
		{[]string{"bench", "--model_name", "tresnet_tiny", "--batch_size", "9223372036854775807"}, "needs at least more than 1000 TB"},
		{[]string{"data", "synth", "--out", "none", "--train", "9223372036854775807"}, "must be 1 to 10000000"},
	} {
		code, _, stderr := csl(t, c.args...)
		if code == exitOK || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "internal error") {
			t.Errorf("%s: exit %d: %s", strings.Join(c.args, " "), code, stderr)
		}
	}
}
