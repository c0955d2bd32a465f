package safefile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names lists a folder, without the lock file.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestWriteReplacesContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	for _, s := range []string{"first", "second, longer than the first", "", strings.Repeat("x", 1<<20)} {
		if err := safefile.Write(safefile.OS(), path, text(s)); err != nil {
			t.Fatal(err)
		}
		if got := mustRead(t, path); got != s {
			t.Fatalf("got %d bytes, want %d", len(got), len(s))
		}
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

// Whatever step fails, the file has its old content (or, after the rename, the
// new one), and unless the process died nothing else is in the folder.
func TestWriteSurvivesAFailureOfEveryStep(t *testing.T) {
	big := strings.Repeat("new", 300_000) // several write calls
	steps := 0
	faultfs.Each(func(fsys *faultfs.FS, failing string) {
		steps++
		dir := t.TempDir()
		path := filepath.Join(dir, "a.txt")
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		err := safefile.Write(fsys, path, text(big))
		got := mustRead(t, path)
		if failing == "" {
			if err != nil || got != big {
				t.Fatalf("faultless: %v", err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), `a.txt`) {
			t.Errorf("%s: unclear error %v", failing, err)
		}
		renamed := strings.Contains(failing, "syncdir")
		if renamed && got != big || !renamed && got != "old" {
			t.Errorf("%s: file has %d bytes beginning %.3q", failing, len(got), got)
		}
		if list := names(t, dir); len(list) != 1 && !fsys.Dead {
			t.Errorf("%s: left behind %v", failing, list)
		}
	})
	if steps < 10 {
		t.Errorf("only %d steps were tried", steps)
	}
}

func TestWriteNamesAFullDiskAtEveryLength(t *testing.T) {
	content := strings.Repeat("y", 300)
	for n := range int64(300) {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.txt")
		err := safefile.Write(faultfs.Full(n), path, text(content))
		if err == nil || !strings.Contains(err.Error(), "out of space") {
			t.Fatalf("%d bytes fit: error %v", n, err)
		}
		if list := names(t, dir); len(list) != 0 {
			t.Fatalf("%d bytes fit: left behind %v", n, list)
		}
	}
	if err := safefile.Write(faultfs.Full(300), filepath.Join(t.TempDir(), "a.txt"), text(content)); err != nil {
		t.Errorf("all fits: %v", err)
	}
}

func TestWriteKeepsOldFileWhenTheProducerFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := safefile.WriteBytes(safefile.OS(), path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("no such tensor")
	err := safefile.Write(safefile.OS(), path, func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("z", 1<<20))
		return cause
	})
	if !errors.Is(err, cause) {
		t.Errorf("error %v hides its cause", err)
	}
	if got := mustRead(t, path); got != "old" {
		t.Errorf("old content lost: %.10q", got)
	}
	if list := names(t, filepath.Dir(path)); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
}

func TestWriteErrorsAreClear(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := safefile.WriteBytes(safefile.OS(), file, nil); err != nil {
		t.Fatal(err)
	}
	denied := &faultfs.FS{FailAt: 1, Bytes: -1, Err: syscall.EACCES}
	for _, c := range []struct {
		name, path, want string
		fsys             safefile.FS
	}{
		{"missing folder", filepath.Join(dir, "no", "a"), "is missing", safefile.OS()},
		{"folder as target", dir, "is a folder", safefile.OS()},
		{"unwritable folder", filepath.Join(dir, "a"), "is not writable", denied},
	} {
		err := safefile.Write(c.fsys, c.path, text("x"))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "csltmp") {
			t.Errorf("%s: error %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error of more than one line: %v", c.name, err)
		}
	}
}

func TestWriteFollowsLinksAndKeepsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("links and permission bits are a matter of unix: plain write only")
	}
	dir := t.TempDir()
	real := filepath.Join(dir, "real")
	if err := os.WriteFile(real, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(real, link); err != nil {
		link = real
	}
	if err := safefile.Write(safefile.OS(), link, text("new")); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, real); got != "new" {
		t.Errorf("content %q", got)
	}
	info, err := os.Lstat(link)
	if err != nil {
		t.Fatal(err)
	}
	if link != real && info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	info, err = os.Stat(real)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("permissions became %v", info.Mode())
	}
}

func TestWriteGoesThroughToADevice(t *testing.T) {
	if err := safefile.Write(safefile.OS(), os.DevNull, text("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err == nil && info.Mode().IsRegular() {
		t.Fatal("the device was replaced by a file")
	}
}

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "prior.csv")
	err = safefile.Write(safefile.OS(), path, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, "person,0.54")
		return err
	})
	b, _ := os.ReadFile(path)
	fmt.Printf("%v %s", err, b)
	// Output: <nil> person,0.54
}
