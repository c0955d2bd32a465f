package safefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

func TestLogIsCutToTheStoredLengthOnResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	l, err := safefile.OpenLog(safefile.OS(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "one", "two")
	kept := l.Length()
	mustAppend(t, l, "lost")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, err = safefile.OpenLog(safefile.OS(), path, kept)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "three")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, path); got != "one\ntwo\nthree\n" {
		t.Errorf("log is %q", got)
	}
	if _, err := safefile.OpenLog(safefile.OS(), path, 1000); err == nil || !strings.Contains(err.Error(), "14 bytes") {
		t.Errorf("log shorter than stored: %v", err)
	}
	l, err = safefile.OpenLog(safefile.OS(), path, -1)
	if err != nil || l.Length() != 14 {
		t.Errorf("keeping all: %d bytes, %v", l.Length(), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func mustAppend(t *testing.T, l *safefile.Log, lines ...string) {
	t.Helper()
	for _, s := range lines {
		if err := l.Append([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLogHoldsWholeLinesOnlyWhenTheDiskIsFull(t *testing.T) {
	for n := range int64(12) {
		path := filepath.Join(t.TempDir(), "log")
		l, err := safefile.OpenLog(faultfs.Full(n), path, 0)
		if err != nil {
			t.Fatal(err)
		}
		full := false
		for _, s := range []string{"abc", "def", "ghi"} {
			err := l.Append([]byte(s))
			full = full || err != nil
			if full && err == nil {
				t.Errorf("%d bytes fit: a line was taken after a failure", n)
			}
		}
		got := mustRead(t, path)
		if int64(len(got)) != l.Length() || len(got)%4 != 0 || !full {
			t.Errorf("%d bytes fit: log %q, length %d", n, got, l.Length())
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLogStaysBrokenWhenAHalfLineCannotBeCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	fsys := faultfs.New(3) // create, syncdir, write
	fsys.Dead = true
	l, err := safefile.OpenLog(fsys, path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append([]byte("a")); err == nil {
		t.Fatal("write did not fail")
	}
	fsys.Dead = false
	if err := l.Append([]byte("b")); err == nil {
		t.Error("a broken log took another line")
	}
	_ = l.Close()
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("%v %v", info, err)
	}
}
