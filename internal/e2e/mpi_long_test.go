//go:build long && linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"csl/internal/rundir"
)

// ranksOf is a launcher of Debian (scripts/mpi.sh installs both) with what it takes to start more ranks than there are processors.
type ranksOf struct {
	mpirun string
	flags  []string
}

func openMPI() ranksOf { return ranksOf{"mpirun.openmpi", []string{"--oversubscribe"}} }
func mpich() ranksOf   { return ranksOf{"mpirun.mpich", nil} }

// bench is a small training: drawn images, a configuration, and csl-mpi.
type bench struct{ program, config, dir string }

func newBench(t *testing.T) bench {
	t.Helper()
	dir := t.TempDir()
	b := bench{filepath.Join(dir, "csl-mpi"), filepath.Join(dir, "c.yaml"), dir}
	cmd := exec.Command("go", "build", "-tags", "mpi", "-o", b.program, "csl/cmd/csl")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data := filepath.Join(dir, "data")
	csl(t, "data", "synth", "--out", data, "--train", "96", "--val", "32", "--size", "64", "--seed", "1").must(t)
	config := fmt.Sprintf(`model: {name: tresnet_tiny}
data: {train: {root: %[1]s}, val: {root: %[1]s}, size: 64}
augment: {cutout: 0.25, randaugment: {ops: 0}, flip: 0.5}
simulate: {type: fpc, param: 10, seed: 1}
loss: {name: partial, mode: selective, gamma_pos: 0, gamma_neg: 3, gamma_unann: 4, topk: 1}
prior: {top_n: 0}
schedule: {epochs: 3}
train: {batch: 16, seed: 1}
`, data)
	if err := os.WriteFile(b.config, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

// command is csl-mpi with n ranks; n of 0 is without a launcher.
func (b bench) command(ctx context.Context, by ranksOf, n int, args ...string) *exec.Cmd {
	args = append([]string{b.program}, args...)
	if n > 0 {
		args = append(append([]string{by.mpirun, "-n", strconv.Itoa(n)}, by.flags...), args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
	return cmd
}

// job is a training under way.
type job struct {
	t    *testing.T
	cmd  *exec.Cmd
	errs bytes.Buffer
	over chan error
}

func (b bench) start(t *testing.T, by ranksOf, n int, args ...string) *job {
	t.Helper()
	j := &job{t: t, cmd: b.command(t.Context(), by, n, args...), over: make(chan error, 1)}
	j.cmd.Stderr = &j.errs
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { j.over <- j.cmd.Wait() }()
	return j
}

// end waits for the end, for at most the given time, and returns the exit code and what it said.
func (j *job) end(within time.Duration) (code int, stderr string) {
	j.t.Helper()
	select {
	case err := <-j.over:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			j.t.Fatal(err)
		}
	case <-time.After(within):
		j.t.Fatalf("still running after %v", within)
	}
	return j.cmd.ProcessState.ExitCode(), j.errs.String()
}

// endBySignal ends a job that resumes the run in out as batch systems do, once it has begun to write.
func (j *job) endBySignal(out string) (code int, stderr string) {
	j.t.Helper()
	start := time.Now()
	for {
		info, err := os.Stat(filepath.Join(out, rundir.Metrics))
		if err == nil && info.ModTime().After(start) {
			break
		}
		if time.Since(start) > time.Minute {
			j.t.Fatalf("nothing written: %s", j.errs.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := j.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		j.t.Fatal(err)
	}
	return j.end(time.Minute)
}

// train trains to the end and returns the last validation's line of the log and the best weights.
func (b bench) train(t *testing.T, by ranksOf, n int, out string, set ...string) (last map[string]any, weights []byte) {
	t.Helper()
	args := []string{"train", "-q", "--config", b.config, "--out", filepath.Join(b.dir, out)}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	if code, stderr := b.start(t, by, n, args...).end(2 * time.Minute); code != 0 {
		t.Fatalf("%d ranks: code %d: %s", n, code, stderr)
	}
	log, err := os.ReadFile(filepath.Join(b.dir, out, rundir.Metrics))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(log), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		t.Fatal(err)
	}
	if weights, err = os.ReadFile(filepath.Join(b.dir, out, rundir.Best)); err != nil {
		t.Fatal(err)
	}
	return last, weights
}

func TestRanksTrainOneModelAndEqualNumbersOfThemTheSameBits(t *testing.T) {
	b := newBench(t)
	alone, single := b.train(t, openMPI(), 0, "alone", "model.sync_bn=true")
	if _, same := b.train(t, openMPI(), 1, "one", "model.sync_bn=true"); !bytes.Equal(same, single) {
		t.Error("one rank is not as one process")
	}
	for n := 2; n <= 4; n++ {
		last, weights := b.train(t, openMPI(), n, fmt.Sprint("open", n), "model.sync_bn=true")
		for _, by := range []ranksOf{openMPI(), mpich()} {
			if _, again := b.train(t, by, n, fmt.Sprint(by.mpirun, n), "model.sync_bn=true"); !bytes.Equal(again, weights) {
				t.Errorf("%d ranks of %s: other bits than before", n, by.mpirun)
			}
		}
		for _, m := range []string{"map_partial", "map_o"} {
			got, want := last["regular"].(map[string]any)[m].(float64), alone["regular"].(map[string]any)[m].(float64)
			if math.Abs(got-want) > 0.5 { // in percent; equal but for images whose scores rounding swaps
				t.Errorf("%d ranks: %s is %v, that of one process %v", n, m, got, want)
			}
		}
	}
}

var saved = regexp.MustCompile(`csl: interrupted after step (\d+), which is saved`)

func TestSIGUSR1SavesAllRanksAndAnyNumberResumes(t *testing.T) {
	for _, by := range []ranksOf{openMPI(), mpich()} {
		b := newBench(t)
		out := filepath.Join(b.dir, "run")
		j := b.start(t, by, 2, "train", "-q", "--config", b.config, "--out", out, "--set", "schedule.epochs=40")
		waitForLog(t, out, 10)
		if err := j.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		code, stderr := j.end(30 * time.Second)
		if code != 130 || len(saved.FindAllString(stderr, -1)) != 1 {
			t.Fatalf("%s: code %d: %s", by.mpirun, code, stderr)
		}
		j = b.start(t, by, 3, "train", "-q", "--resume", out)
		time.Sleep(2 * time.Second)
		_ = j.cmd.Process.Signal(syscall.SIGUSR1) // it may be over already
		if code, stderr := j.end(time.Minute); code != 130 && code != 0 {
			t.Fatalf("%s, resumed by 3: code %d: %s", by.mpirun, code, stderr)
		}
		if code, stderr := b.start(t, by, 0, "train", "-q", "--resume", out).end(2 * time.Minute); code != 0 {
			t.Fatalf("%s, resumed by one process: code %d: %s", by.mpirun, code, stderr)
		}
	}
}

// waitForLog waits until the run has logged so many lines.
func waitForLog(t *testing.T, out string, lines int) {
	t.Helper()
	for range 600 {
		log, _ := os.ReadFile(filepath.Join(out, rundir.Metrics)) // not there yet
		if bytes.Count(log, []byte("\n")) >= lines {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no step within 30 s")
}

// ranksRunning are the processes of the program, by rank.
func (b bench) ranksRunning(t *testing.T) map[int]int {
	t.Helper()
	found := map[int]int{}
	all, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range all {
		if exe, err := os.Readlink(link); err != nil || exe != b.program {
			continue
		}
		env, err := os.ReadFile(filepath.Join(filepath.Dir(link), "environ"))
		if err != nil {
			continue // it has just ended
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range strings.Split(string(env), "\x00") {
			for _, name := range []string{"OMPI_COMM_WORLD_RANK=", "PMI_RANK="} {
				if text, ok := strings.CutPrefix(v, name); ok {
					if rank, err := strconv.Atoi(text); err == nil {
						found[rank] = pid
					}
				}
			}
		}
	}
	return found
}

// TestAKilledRankEndsAllAndTheRunResumes kills each rank in turn at random moments. CSL_KILLS says how often (6).
func TestAKilledRankEndsAllAndTheRunResumes(t *testing.T) {
	kills := 6
	if text := os.Getenv("CSL_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	b := newBench(t)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range kills {
		by := []ranksOf{openMPI(), mpich()}[i%2]
		n := 2 + i/2%2
		victim := i % n
		out := filepath.Join(b.dir, fmt.Sprint("killed", i))
		j := b.start(t, by, n, "train", "-q", "--config", b.config, "--out", out, "--set", "schedule.epochs=300")
		waitForLog(t, out, 1)
		time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
		pid, ok := b.ranksRunning(t)[victim]
		if !ok {
			t.Fatalf("rank %d of %d is not there: %s", victim, n, j.errs.String())
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if code, stderr := j.end(10 * time.Second); code == 0 {
			t.Errorf("kill %d: code 0: %s", i, stderr)
		}
		for range 100 { // the last ones may end a moment after mpirun
			if len(b.ranksRunning(t)) == 0 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if left := b.ranksRunning(t); len(left) > 0 {
			t.Fatalf("kill %d: ranks %v still run", i, left)
		}
		if code, stderr := b.start(t, by, 0, "train", "-q", "--resume", out).endBySignal(out); code != 130 || !saved.MatchString(stderr) {
			t.Errorf("kill %d: resumed: code %d: %s", i, code, stderr)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRanksThatDoNotFitTogetherAreNamed(t *testing.T) {
	b := newBench(t)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(b.dir, "other.yaml")
	text, err := os.ReadFile(b.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, bytes.Replace(text, []byte("flip: 0.5"), []byte("flip: 0.4"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(b.dir, "run")
	first := []string{"train", "-q", "--out", out, "--config", b.config}
	for name, c := range map[string]struct {
		second []string
		want   string
	}{
		"other settings": {[]string{b.program, "train", "-q", "--out", out, "--config", other}, "rank 1 on " + host + " has other settings"},
		"no settings":    {[]string{b.program, "train", "-q", "--out", out, "--config", "/no/such.yaml"}, "csl: rank 1 of 2 on " + host + ": "},
	} {
		args := append(append([]string{}, first...), ":", "-n", "1", "--oversubscribe")
		j := b.start(t, openMPI(), 1, append(args, c.second...)...)
		code, stderr := j.end(30 * time.Second)
		if code == 0 || strings.Count(stderr, "csl: ") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: code %d, %s; want %q", name, code, stderr, c.want)
		}
	}
}

func TestALibraryOfAnotherLauncherIsNamed(t *testing.T) {
	b := newBench(t)
	cmd := b.command(t.Context(), openMPI(), 2, "train", "--config", b.config, "--out", filepath.Join(b.dir, "run"))
	cmd.Env = append(cmd.Env, "CSL_MPI_LIBRARY=libmpich.so.12")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the launcher started 2 ranks") || !strings.Contains(string(out), "CSL_MPI_LIBRARY") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheStaticProgramRefusesToBeOneOfSeveralRanks(t *testing.T) {
	cmd := exec.Command("mpirun.openmpi", "-n", "2", "--oversubscribe", binary, "train", "--config", "c.yaml")
	cmd.Env = append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
	out, err := cmd.CombinedOutput()
	if err == nil || strings.Count(string(out), "csl: ") != 1 || !strings.Contains(string(out), "start csl-mpi instead") {
		t.Errorf("%v: %s", err, out)
	}
}
