//go:build unix

package regular

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestANamedPipeIsRefusedWithoutWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Error(err)
	}
	if _, err := Open(t.Context(), "/dev/null"); err == nil || !strings.Contains(err.Error(), "is a device") {
		t.Error(err)
	}
}
