package regular

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileIsReadWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, ctx := range []context.Context{context.Background(), ended} { // read directly, and in the background
		f, err := Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(f); err != nil || string(data) != "content" {
			t.Errorf("%q, %v", data, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsNoFileIsNamed(t *testing.T) {
	if _, err := Open(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Error(err)
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	enough := errors.New("enough")
	cancel(enough)
	if _, err := f.Read(make([]byte, 3)); !errors.Is(err, enough) {
		t.Errorf("%v, want %v", err, enough)
	}
	if _, err := Open(ctx, path); !errors.Is(err, enough) {
		t.Errorf("%v, want %v", err, enough)
	}
}

func TestWhatComesTooLateIsHandedOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started, answer, late := make(chan struct{}), make(chan int), make(chan int)
	go func() {
		<-started
		cancel()
	}()
	_, err := Wait(ctx, func() (int, error) {
		close(started)
		return <-answer, nil
	}, func(n int) { late <- n })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	answer <- 7
	if n := <-late; n != 7 {
		t.Errorf("%d came late, want 7", n)
	}
}
