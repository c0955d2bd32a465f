package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAConfigThatIsNotUTF8IsRefusedByLineAndByte(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("# b\xc3\xa9\ntrain:\n  out: b\xe9b\xe9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ReadFile(path)
	if err == nil || !strings.Contains(err.Error(), `line 3, byte 9: "\xe9" is not UTF-8`) {
		t.Errorf("error %v", err)
	}
}
