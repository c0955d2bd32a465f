package safefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"csl/internal/safefile"
)

func TestCheckWritableSaysWhatWriteWouldAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := safefile.CheckWritable(safefile.OS(), filepath.Join(dir, "a.csv")); err != nil {
		t.Error(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "missing", "a.csv")} {
		if err := safefile.CheckWritable(safefile.OS(), path); err == nil {
			t.Errorf("%q: no error", path)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}
