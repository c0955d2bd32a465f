package safefile_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"csl/internal/safefile"
)

// visible lists a folder but for the lock of writers.
func visible(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != ".writers" {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestLeftoversOfDeadWritersAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".pics-a.csltmp-0123", ".other.csltmp-0123", "pics-a", ".pics-a"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".pics-b.csltmp-4567"), 0o700); err != nil {
		t.Fatal(err)
	}
	safefile.RemoveLeftovers(safefile.OS(), dir, "pics-")
	want := []string{".other.csltmp-0123", ".pics-a", ".pics-b.csltmp-4567", "pics-a"}
	if got := visible(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	safefile.RemoveLeftovers(safefile.OS(), filepath.Join(dir, "missing"), "pics-")
}

func TestNothingIsRemovedWhileSomebodyWrites(t *testing.T) {
	dir := t.TempDir()
	first, second := safefile.Writing(dir), safefile.Writing(dir)
	first()
	err := safefile.Write(safefile.OS(), filepath.Join(dir, "pics-a"), func(w io.Writer) error {
		safefile.RemoveLeftovers(safefile.OS(), dir, "pics-")
		if n := len(visible(t, dir)); n != 1 {
			t.Errorf("%d files while one is written", n)
		}
		_, err := w.Write([]byte("whole"))
		return err
	})
	second()
	if err != nil {
		t.Error(err)
	}
	if got := visible(t, dir); !slices.Equal(got, []string{"pics-a"}) {
		t.Errorf("files %q", got)
	}
}

// The test binary runs itself as the writer that is killed.
func TestAKilledWritersFileIsRemoved(t *testing.T) {
	if dir := os.Getenv("CSL_TEST_WRITER_DIR"); dir != "" {
		safefile.Writing(dir)
		_ = safefile.Write(safefile.OS(), filepath.Join(dir, "pics-a"), func(io.Writer) error {
			fmt.Println("writing")
			time.Sleep(time.Minute)
			return nil
		})
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKilledWritersFileIsRemoved$")
	cmd.Env = append(os.Environ(), "CSL_TEST_WRITER_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("writing\n"))); err != nil {
		t.Fatal(err)
	}
	safefile.RemoveLeftovers(safefile.OS(), dir, "pics-")
	if n := len(visible(t, dir)); n != 1 {
		t.Errorf("%d files while the other process writes", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says "killed"
	safefile.RemoveLeftovers(safefile.OS(), dir, "pics-")
	if got := visible(t, dir); len(got) > 0 {
		t.Errorf("left %q", got)
	}
}
