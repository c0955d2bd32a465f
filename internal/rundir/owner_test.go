package rundir

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOwnerKnowsTheFilesOfARun(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run, other := filepath.Join(root, "run"), filepath.Join(root, "other")
	for _, dir := range []string{filepath.Join(run, "state-12"), other} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	own := append([]string{"last", ".lock", filepath.Join("state-12", "weights.safetensors")}, files[:]...)
	for _, name := range own {
		write(t, run, name, "x")
	}
	for _, name := range []string{"thresholds.csv", "page.html"} {
		write(t, run, name, "x")
	}
	for _, name := range []string{Labels, Report, Config} { // no run without logs, weights or a saved state
		write(t, other, name, "x")
	}
	link := filepath.Join(root, "link.csv")
	if err := os.Symlink(filepath.Join(run, Labels), link); err != nil {
		t.Fatal(err)
	}
	for _, name := range own {
		if got := Owner(filepath.Join(run, name)); got != run {
			t.Errorf("%s belongs to %q, want %q", name, got, run)
		}
	}
	if got := Owner(link); got != run {
		t.Errorf("a link to labels.csv belongs to %q, want %q", got, run)
	}
	for _, path := range []string{
		filepath.Join(run, "thresholds.csv"), filepath.Join(run, "page.html"), filepath.Join(run, "new.csv"),
		filepath.Join(other, Labels), filepath.Join(other, Config), filepath.Join(root, "missing", Config),
	} {
		if got := Owner(path); got != "" {
			t.Errorf("%s belongs to %q, want none", path, got)
		}
	}
}
