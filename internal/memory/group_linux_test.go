package memory

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheTightestOfNestedControlGroupsCounts(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"memory.max": "1000", "memory.current": "100",
		"job/memory.max": "500", "job/memory.current": "200", "job/memory.stat": "anon 1\ninactive_file 50\n",
		"job/step/memory.max": "max", "job/step/memory.current": "20",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]int64{"job/step": 350, "/job": 350, "/": 900, "elsewhere/in/the/host": 900} {
		if got, ok := within(root, path, "memory.max", "memory.current"); !ok || got.Bytes != want {
			t.Errorf("%s: %+v, %v; want %d", path, got, ok, want)
		}
	}
}
