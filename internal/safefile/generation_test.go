package safefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

func save(fsys safefile.FS, dir string, step int64, content string) error {
	return safefile.SaveGeneration(fsys, dir, step, map[string]string{"note": content},
		safefile.Part{Name: "weights", Write: text(content + " weights")},
		safefile.Part{Name: "optimizer", Write: text(content + " optimizer")})
}

// holds fails the test unless dir's valid generation is whole, and returns its step.
func holds(t *testing.T, dir string) int64 {
	t.Helper()
	g, err := safefile.LoadLast(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"weights", "optimizer"} {
		if got, want := mustRead(t, g.Path(part)), g.Meta["note"]+" "+part; got != want {
			t.Fatalf("step %d: %s holds %q, want %q", g.Step, part, got, want)
		}
	}
	return g.Step
}

func TestGenerationReplacesTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	if _, err := safefile.LoadLast(dir); !errors.Is(err, safefile.ErrNoGeneration) {
		t.Errorf("empty folder: %v", err)
	}
	for step := range int64(3) {
		if err := save(safefile.OS(), dir, step*10, "run"); err != nil {
			t.Fatal(err)
		}
		if got := holds(t, dir); got != step*10 {
			t.Errorf("step %d valid, want %d", got, step*10)
		}
	}
	if got := strings.Join(names(t, dir), " "); got != "last state-20" {
		t.Errorf("folder holds %s", got)
	}
}

func TestGenerationOfTheSameStepIsStoredBesideTheValidOne(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"a", "b", "c"} {
		if err := save(safefile.OS(), dir, 7, content); err != nil {
			t.Fatal(err)
		}
		g, err := safefile.LoadLast(dir)
		if err != nil || g.Meta["note"] != content {
			t.Fatalf("valid: %+v, %v", g, err)
		}
	}
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("folder holds %v", got)
	}
}

// Whatever step fails, and whether the process survives it or not, one whole
// generation is valid, and the next save works and cleans up.
func TestGenerationSurvivesAFailureOfEveryStep(t *testing.T) {
	faultfs.Each(func(fsys *faultfs.FS, failing string) {
		dir := t.TempDir()
		if err := save(safefile.OS(), dir, 1, "old"); err != nil {
			t.Fatal(err)
		}
		err := save(fsys, dir, 2, "new")
		step := holds(t, dir)
		if err == nil && step != 2 {
			t.Errorf("%s: no error, but step %d is valid", failing, step)
		}
		if err != nil && step == 2 && !strings.Contains(failing, "syncdir") {
			t.Errorf("%s: error %v, but the new state is valid", failing, err)
		}
		if err := save(safefile.OS(), dir, 3, "next"); err != nil {
			t.Fatalf("%s: next save: %v", failing, err)
		}
		if got := strings.Join(names(t, dir), " "); got != "last state-3" || holds(t, dir) != 3 {
			t.Errorf("%s: after the next save the folder holds %s", failing, got)
		}
	})
}

func TestLoadLastFindsDamage(t *testing.T) {
	for _, c := range []struct {
		name, want string
		damage     func(g *safefile.Generation, dir string) error
	}{
		{"flipped bit", "damaged", func(g *safefile.Generation, _ string) error {
			return os.WriteFile(g.Path("weights"), []byte("run weightt"), 0o666)
		}},
		{"cut file", "bytes", func(g *safefile.Generation, _ string) error {
			return os.Truncate(g.Path("weights"), 3)
		}},
		{"missing file", "optimizer", func(g *safefile.Generation, _ string) error {
			return os.Remove(g.Path("optimizer"))
		}},
		{"broken last", "damaged", func(_ *safefile.Generation, dir string) error {
			return os.WriteFile(filepath.Join(dir, "last"), []byte(`{"step":`), 0o666)
		}},
		{"escaping folder", "not a state's folder", func(_ *safefile.Generation, dir string) error {
			return os.WriteFile(filepath.Join(dir, "last"), []byte(`{"folder":"../../etc"}`), 0o666)
		}},
		{"escaping file", "plain file name", func(_ *safefile.Generation, dir string) error {
			return os.WriteFile(filepath.Join(dir, "last"), []byte(`{"folder":"state-1","files":{"../x":{}}}`), 0o666)
		}},
	} {
		dir := t.TempDir()
		if err := save(safefile.OS(), dir, 1, "run"); err != nil {
			t.Fatal(err)
		}
		g, err := safefile.LoadLast(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.damage(g, dir); err != nil {
			t.Fatal(err)
		}
		if _, err := safefile.LoadLast(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

func TestSaveGenerationRefusesBadNames(t *testing.T) {
	for _, name := range []string{"", "..", "a/b", `a\b`} {
		err := safefile.SaveGeneration(safefile.OS(), t.TempDir(), 1, nil, safefile.Part{Name: name, Write: text("")})
		if err == nil {
			t.Errorf("name %q accepted", name)
		}
	}
	p := safefile.Part{Name: "a", Write: text("")}
	if err := safefile.SaveGeneration(safefile.OS(), t.TempDir(), 1, nil, p, p); err == nil {
		t.Error("one name twice accepted")
	}
}
