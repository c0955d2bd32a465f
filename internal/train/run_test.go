package train

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"csl/internal/config"
	"csl/internal/fixture"
	"csl/internal/graph"
	"csl/internal/progress"
	"csl/internal/rundir"
	"csl/internal/safefile"
	"csl/internal/tensorboard/tensorboardtest"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // hundreds of small runs: time matters, memory does not
	m.Run()
}

// job is a run of a test.
type job struct {
	be     *graph.CPU
	fs     safefile.FS
	resume bool
	log    bytes.Buffer
	ctx    context.Context
}

func newJob(t *testing.T) *job {
	t.Helper()
	return &job{be: newCPU(t, 2), fs: fixture.FS(), ctx: context.Background()}
}

// options resolve settings.
func (j *job) options(t *testing.T, settings []string) Options {
	t.Helper()
	c, _, err := config.Load(config.Sources{Set: settings})
	if err != nil {
		t.Fatal(err)
	}
	j.log.Reset()
	return Options{
		Config: c, Backend: j.be, Display: progress.New(progress.Options{Out: &j.log}), FS: j.fs,
		Resume: j.resume, Version: "test",
	}
}

func (j *job) run(t *testing.T, settings []string) (Result, error) {
	t.Helper()
	return Run(j.ctx, j.options(t, settings))
}

// must runs without an error.
func (j *job) must(t *testing.T, settings []string) Result {
	t.Helper()
	r, err := j.run(t, settings)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lasting are the files of a run that equal runs have in common: all but those with clock values and
// the configuration, which names the folder. The valid state counts under one name, whatever its
// folder is called.
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
		case name == rundir.Timings || name == "last" || name == ".lock" || name == rundir.Config:
		case name == g.Folder+"/"+stateFile:
			files["state/"+base] = withoutTimings(text)
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

// withoutTimings drops the line that says how long the file of timings is.
func withoutTimings(state string) string {
	var lines []string
	for line := range strings.Lines(state) {
		if !strings.Contains(line, "timing_bytes") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
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
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
		t.Errorf("%s: files %q, want %q", what, a, b)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: %s differs (%d and %d bytes)", what, name, len(got[name]), len(want[name]))
		}
	}
}

func TestARunLeavesItsFolder(t *testing.T) {
	d, j, out := fixture.Make(t, 10, 5), newJob(t), filepath.Join(t.TempDir(), "a", "run")
	r := j.must(t, d.Settings(out))
	if r.Steps != 6 || r.Epochs != 2 || r.Best == nil || r.Dir != out || r.Skipped != 0 {
		t.Errorf("result %+v", r)
	}
	names := slices.Sorted(maps.Keys(fixture.Files(t, out)))
	want := []string{
		".lock", rundir.Best, rundir.Config, "last", rundir.Metrics,
		"state-6/" + averageFile, "state-6/" + momentsFile, "state-6/" + stateFile, "state-6/" + weightsFile, rundir.Timings,
	}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	log, err := rundir.ReadLog(out)
	if err != nil || len(log.Steps) != 6 || len(log.Validations) != 2 {
		t.Fatalf("log %+v, %v", log, err)
	}
	if s := log.Steps[5]; s.Step != 6 || s.Epoch != 1 || s.Loss <= 0 || s.DroppedTopK <= 0 {
		t.Errorf("last step %+v", s)
	}
}

func TestASavedRunIsNotWrittenOver(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), t.TempDir()
	settings := d.Settings(out, "schedule.epochs=1")
	j.must(t, settings)
	before := fixture.Files(t, out)
	_, err := j.run(t, settings)
	if err == nil || !strings.Contains(err.Error(), "holds a saved run: resume with --resume") {
		t.Errorf("err = %v", err)
	}
	same(t, "the folder", fixture.Files(t, out), before)
}

func TestResumeOfNothingIsRefusedAndMakesNoFolder(t *testing.T) {
	d, j, out := fixture.Make(t, 4, 2), newJob(t), filepath.Join(t.TempDir(), "none")
	j.resume = true
	_, err := j.run(t, d.Settings(out))
	if err == nil || !strings.Contains(err.Error(), "nothing was saved there") || exists(out) {
		t.Errorf("err = %v, folder made: %v", err, exists(out))
	}
	if _, err := j.run(t, d.Settings(t.TempDir())); err == nil || !strings.Contains(err.Error(), "nothing was saved there") {
		t.Errorf("empty folder: err = %v", err)
	}
}
