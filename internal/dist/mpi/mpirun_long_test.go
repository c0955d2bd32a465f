//go:build long && linux

package mpi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// launchers are Debian's two mpiruns (scripts/mpi.sh installs them).
func launchers() []string { return []string{"mpirun.openmpi", "mpirun.mpich"} }

// rankProgram builds testrank.
func rankProgram(t *testing.T) string {
	t.Helper()
	for _, source := range []string{".", "testrank", ".."} { // so that go test knows on which files the result depends
		files, err := filepath.Glob(filepath.Join(source, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(source, err)
		}
		for _, f := range files {
			if _, err := os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	name := filepath.Join(t.TempDir(), "testrank")
	cmd := exec.Command("go", "build", "-tags", "mpi", "-o", name, "csl/internal/dist/mpi/testrank")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}

// ended is what a job left behind.
type ended struct {
	code           int
	stdout, stderr string
	after          time.Duration
}

// mpirun runs n ranks of the program, for a minute at most.
func mpirun(t *testing.T, launcher string, n int, env []string, program, what string) ended {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := []string{"-n", fmt.Sprint(n)}
	if launcher == "mpirun.openmpi" {
		args = append(args, "--oversubscribe")
	}
	cmd := exec.CommandContext(ctx, launcher, append(args, program, what)...)
	cmd.Env = append(append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"), env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s: %v, %v: %s", launcher, err, ctx.Err(), errs.String())
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String(), time.Since(start)}
}

// messages are csl's own lines.
func (e ended) messages() []string {
	var own []string
	for l := range strings.Lines(e.stderr) {
		if strings.HasPrefix(l, "csl: ") {
			own = append(own, l)
		}
	}
	return own
}

func TestAllRanksHoldTheSameBitsWithEveryLibrary(t *testing.T) {
	program := rankProgram(t)
	line := regexp.MustCompile(`rank (\d) of (\d): sums ([0-9a-f]{8})`)
	for n := 1; n <= 4; n++ {
		sums := map[string]int{}
		for _, l := range launchers() {
			for range 2 {
				r := mpirun(t, l, n, nil, program, "all")
				if r.code != 0 {
					t.Fatalf("%s -n %d: code %d: %s", l, n, r.code, r.stderr)
				}
				for _, m := range line.FindAllStringSubmatch(r.stdout, -1) {
					sums[m[3]]++
				}
			}
		}
		if len(sums) != 1 {
			t.Errorf("%d ranks: sums %v", n, sums)
		}
		for s, ranks := range sums {
			if ranks != 2*n*len(launchers()) {
				t.Errorf("%d ranks: %d of them reported %s", n, ranks, s)
			}
		}
	}
}

func TestAnErrorOfOneRankEndsAllWithOneMessage(t *testing.T) {
	program := rankProgram(t)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range launchers() {
		for what, want := range map[string]string{
			"abort": "csl: rank 2 of 3 on " + host + ": made up: the disk is full\n",
			"alike": "csl: rank 0 of 3 on " + host + ": made up: no such setting\n",
		} {
			r := mpirun(t, l, 3, nil, program, what)
			if own := r.messages(); r.code == 0 || len(own) != 1 || own[0] != want {
				t.Errorf("%s, %s: code %d, %q; want %q", l, what, r.code, own, want)
			}
			if r.after > 10*time.Second {
				t.Errorf("%s, %s: took %v", l, what, r.after)
			}
		}
	}
}

func TestAKilledRankEndsAll(t *testing.T) {
	program := rankProgram(t)
	for _, l := range launchers() {
		if r := mpirun(t, l, 3, nil, program, "kill"); r.code == 0 || r.after > 10*time.Second {
			t.Errorf("%s: code %d after %v", l, r.code, r.after)
		}
	}
}

func TestARankThatDoesNotComeEndsAllAfterTheTimeout(t *testing.T) {
	program := rankProgram(t)
	for _, l := range launchers() {
		r := mpirun(t, l, 2, []string{"CSL_MPI_TIMEOUT=2s"}, program, "absent")
		if r.code == 0 || r.after > 12*time.Second || !strings.Contains(r.stderr, "other ranks did not come within 2s") {
			t.Errorf("%s: code %d after %v: %s", l, r.code, r.after, r.stderr)
		}
	}
}

func TestALibraryThatIsNotOfMPIIsRefused(t *testing.T) {
	program := rankProgram(t)
	for lib, want := range map[string]string{
		"libc.so.6":       "libc.so.6: is not an MPI library",
		"/no/such/mpi.so": "no MPI library can be opened",
	} {
		r := mpirun(t, "mpirun.openmpi", 1, []string{"CSL_MPI_LIBRARY=" + lib}, program, "all")
		if r.code == 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: code %d: %s", lib, r.code, r.stderr)
		}
	}
}
