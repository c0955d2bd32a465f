package e2e

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"csl/internal/fixture"
	"csl/internal/safefile"
)

// killed runs a command and kills it after a while; false if it had ended by itself.
func killed(t *testing.T, c *exec.Cmd, after time.Duration) bool {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() }) // it may be gone
	defer timer.Stop()
	if err := c.Wait(); err != nil && c.ProcessState.ExitCode() >= 0 {
		t.Fatalf("exit code %d", c.ProcessState.ExitCode())
	}
	return !c.ProcessState.Success()
}

func TestKilledRunsResumeToTheSameEnd(t *testing.T) {
	d := fixture.Make(t, 14, 5)
	for name, more := range map[string][]string{
		"saving each epoch": {"schedule.epochs=4"},
		"saving each step": {
			"schedule.epochs=3", "train.save_every=1", "train.accumulate=2", "prior.method=training", "train.patience=2",
			"augment.cutout=0.5", "augment.randaugment.ops=2", "train.tensorboard=true",
		},
	} {
		t.Run(name, func(t *testing.T) {
			undisturbed := t.TempDir()
			began := time.Now()
			csl(t, train(d.Settings(undisturbed, more...), "--threads", "1")...).must(t)
			took := time.Since(began)
			want := lasting(t, undisturbed)
			r := rand.New(rand.NewPCG(3, 5))
			kills := 0
			for n := 0; n < 3 || kills < 3; n++ {
				if n == 20 {
					t.Fatalf("only %d kills in %d runs", kills, n)
				}
				out := t.TempDir()
				threads := fmt.Sprint(1 + n%2)
				next := func() *exec.Cmd {
					if _, err := safefile.LoadLast(out); err != nil { // killed before the first save
						return command(t, train(d.Settings(out, more...), "--threads", threads)...)
					}
					return command(t, "train", "--resume", out, "--threads", threads)
				}
				for range 5 {
					if !killed(t, next(), time.Duration(r.Float64()*float64(took))) {
						took = took * 3 / 4 // the machine was busier when the undisturbed run was timed
						break
					}
					kills++
				}
				finish(t, next()).must(t)
				same(t, fmt.Sprintf("run %d", n), lasting(t, out), want)
			}
			t.Logf("%d kills", kills)
		})
	}
}

func TestThreadsMakeNoDifference(t *testing.T) {
	d, one, two := fixture.Make(t, 14, 5), t.TempDir(), t.TempDir()
	more := []string{
		"augment.cutout=0.5", "augment.randaugment.ops=2", "data.train.annotations=" + d.Full, "simulate.type=rps", "simulate.param=0.4",
	}
	csl(t, train(d.Settings(one, more...), "--threads", "1")...).must(t)
	csl(t, train(d.Settings(two, more...), "--threads", "2", "--workers", "3")...).must(t)
	same(t, "two threads", lasting(t, two), lasting(t, one))
}

func TestTheWrittenConfigurationGivesTheSameRunAgain(t *testing.T) {
	d, first, again := fixture.Make(t, 10, 5), t.TempDir(), t.TempDir()
	csl(t, train(d.Settings(first, "data.train.annotations="+d.Full, "simulate.type=fpc", "simulate.param=2"))...).must(t)
	csl(t, "train", "--config", first+"/config.yaml", "--out", again).must(t)
	same(t, "again", lasting(t, again), lasting(t, first))
}

func TestResumeLastIsTheRunOfTheSettings(t *testing.T) {
	d, undisturbed, dir := fixture.Make(t, 10, 5), t.TempDir(), t.TempDir()
	csl(t, train(d.Settings(undisturbed))...).must(t)
	out := filepath.Join(dir, "outputs") // the default folder
	csl(t, train(d.Settings(out, "schedule.stop_epoch=1"))...).must(t)
	for _, args := range [][]string{
		{"train", "--resume", "last"},
		{"train", "--resume", "last", "--out", out},
		{"train", "--resume", "last", "--config", filepath.Join(out, "config.yaml")},
		train(d.Settings(out, "schedule.stop_epoch=1"), "--resume", "last"),
	} {
		c := command(t, args...)
		c.Dir = dir
		if o := finish(t, c).must(t); !strings.Contains(o.stdout, "steps    3 (1 epoch)") {
			t.Errorf("%q printed\n%s", args, o.stdout)
		}
	}
}
