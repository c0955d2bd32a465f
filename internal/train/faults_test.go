package train

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"csl/internal/fixture"
	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

// faultSettings write every kind of file: simulated labels, a prior, states, logs, the best weights,
// caches of images.
func faultSettings(d fixture.Data, out string) []string {
	return d.Settings(out, "schedule.epochs=1", "ema.decay=0", "data.train.annotations="+d.Full, "simulate.type=fpc", "simulate.param=1",
		"prior.method=training", "data.skip_broken=true", "data.cache="+out+"/cache")
}

// faultData has a broken image in each split, so that a list of them is written, too.
func faultData(t *testing.T) fixture.Data {
	d := fixture.Make(t, 5, 3)
	for _, i := range []int{0, 5} {
		fixture.Write(t, d.Dir+"/"+d.Images[i], "no image")
	}
	return d
}

// breakRun trains on a file system that fails and checks what is left.
func breakRun(t *testing.T, j *job, fsys *faultfs.FS, what string, settings []string, out string) {
	t.Helper()
	fsys.Under = fixture.FS()
	j.fs, j.resume = fsys, false
	_, err := j.run(t, settings)
	j.fs = fixture.FS()
	harmless := strings.HasSuffix(what, string(faultfs.Remove)) // of an older state: the next save removes it
	if !errors.Is(err, syscall.ENOSPC) && !harmless {
		t.Errorf("%s: err = %v", what, err)
	}
	if err != nil && !fsys.Dead && strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: more than one line: %v", what, err)
	}
	for name := range fixture.Files(t, out) {
		if strings.Contains(name, ".csltmp-") && !fsys.Dead {
			t.Errorf("%s: left %s", what, name)
		}
	}
	_, err = safefile.LoadLast(out)
	if err != nil && !errors.Is(err, safefile.ErrNoGeneration) {
		t.Errorf("%s: no state to go on from: %v", what, err)
	}
	j.resume = err == nil
}

// goOn resumes the run, or starts anew where nothing was saved, and compares its end.
func goOn(t *testing.T, j *job, what string, settings []string, out string, want map[string]string) {
	t.Helper()
	if _, err := j.run(t, settings); err != nil {
		t.Errorf("%s: going on: %v", what, err)
		return
	}
	same(t, what, lasting(t, out), want)
}

// whole is an undisturbed run: its files, the steps of writing and the bytes it took.
func whole(t *testing.T, d fixture.Data, j *job) (files map[string]string, steps []faultfs.Kind, bytes int64) {
	t.Helper()
	out, fsys := t.TempDir(), faultfs.New(0)
	fsys.Under = fixture.FS()
	j.fs, j.resume = fsys, false
	if r := j.must(t, faultSettings(d, out)); r.Skipped != 2 {
		t.Fatalf("%d skipped", r.Skipped)
	}
	return lasting(t, out), fsys.Steps(), fsys.Written()
}

func TestAFailureOfAnyStepOfWritingLosesNothing(t *testing.T) {
	d, j := faultData(t), newJob(t)
	want, steps, _ := whole(t, d, j)
	for i, kind := range steps {
		what, out := fmt.Sprintf("step %d, %s", i+1, kind), t.TempDir()
		breakRun(t, j, faultfs.New(i+1), what, faultSettings(d, out), out)
		if kind == faultfs.Rename || i%16 == 0 { // the long test resumes after each
			goOn(t, j, what, faultSettings(d, out), out, want)
		}
	}
	for _, kind := range []faultfs.Kind{
		faultfs.Create, faultfs.Write, faultfs.Sync, faultfs.Close, faultfs.Rename, faultfs.Mkdir, faultfs.SyncDir, faultfs.Remove,
	} {
		if !slices.Contains(steps, kind) {
			t.Errorf("no %s was tried", kind)
		}
	}
}

func TestAFullDiskLosesNothing(t *testing.T) {
	d, j := faultData(t), newJob(t)
	want, _, bytes := whole(t, d, j)
	for n := int64(0); n < bytes; n += bytes/7 + 1 {
		what, out := fmt.Sprintf("full after %d bytes", n), t.TempDir()
		breakRun(t, j, faultfs.Full(n), what, faultSettings(d, out), out)
		goOn(t, j, what, faultSettings(d, out), out, want)
	}
}
