package safefile_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"csl/internal/safefile"
)

func TestLockDirAdmitsOneAtATime(t *testing.T) {
	dir := t.TempDir()
	l, err := safefile.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = safefile.LockDir(dir)
	if !errors.Is(err, safefile.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second claim: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	l, err = safefile.LockDir(dir)
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}

// The test binary runs itself as the other process.
func TestLockDirEndsWithAKilledProcess(t *testing.T) {
	if dir := os.Getenv("CSL_TEST_LOCK_DIR"); dir != "" {
		if _, err := safefile.LockDir(dir); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("locked")
		time.Sleep(time.Minute)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLockDirEndsWithAKilledProcess$")
	cmd.Env = append(os.Environ(), "CSL_TEST_LOCK_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "locked\n" {
		t.Fatalf("other process said %q, %v", line, err)
	}
	_, err = safefile.LockDir(dir)
	if !errors.Is(err, safefile.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", cmd.Process.Pid)) {
		t.Errorf("held by another process: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says "killed"
	l, err := safefile.LockDir(dir)
	if err != nil {
		t.Fatalf("after the kill: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}
