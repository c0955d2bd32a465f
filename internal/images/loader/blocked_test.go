package loader

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"csl/internal/images"
	"csl/internal/images/codec"
	"csl/internal/images/imagestest"
	"csl/internal/images/source"
	"csl/internal/images/transform"
	"csl/internal/parallel"
)

// dead is a source and a feed on a file system that does not answer.
type dead struct {
	source.Source
	drawn
	asked chan struct{} // gets a value when somebody waits
	never chan struct{}
}

func (d dead) Resolve(string) (string, error) {
	d.asked <- struct{}{}
	<-d.never
	return "", errors.New("too late")
}

func (d dead) Image(int, string, *images.RGB, *Scratch) error {
	_, err := d.Resolve("")
	return err
}

func TestABlockedFileSystemDoesNotKeepFromEnding(t *testing.T) {
	cause := errors.New("a signal")
	for what, f := range map[string]func(ctx context.Context, d dead) error{
		"check": func(ctx context.Context, d dead) error {
			_, err := Check(ctx, d, listed{"a.jpg"}, Checks{})
			return err
		},
		"epoch": func(ctx context.Context, d dead) error {
			l, err := New(Config{Samples: d.drawn, Feed: d, Scale: new(transform.Scale), Batch: 2})
			if err != nil {
				return err
			}
			e := l.Epoch(ctx, 0, 0)
			defer e.Close()
			_, err = e.Next()
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := dead{drawn: drawn{n: 2}, asked: make(chan struct{}, 9), never: make(chan struct{})}
			defer close(d.never)
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				<-d.asked
				cancel(cause)
			}()
			start := time.Now()
			if err := f(ctx, d); !errors.Is(err, cause) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took > 20*parallel.Grace {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestCheckNamesWhatIsNotDecodedAndSeesWhatIsStoredRotated(t *testing.T) {
	dir := t.TempDir()
	zstd, err := os.ReadFile("../testdata/kinds/rgb.tif")
	imagestest.Must(t, err)
	at := strings.Index(string(zstd), "\x03\x01\x03\x00\x01\x00\x00\x00\x01\x00") // tag 259, compression
	copy(zstd[at+8:], "\x50\xc3")
	imagestest.Must(t, os.WriteFile(filepath.Join(dir, "zstd.tif"), zstd, 0o644))
	for _, n := range []string{"1", "6"} {
		data, err := os.ReadFile("../testdata/files/orientation_" + n + ".jpg")
		imagestest.Must(t, err)
		imagestest.Must(t, os.WriteFile(filepath.Join(dir, n+".jpg"), data, 0o644))
	}
	src, err := source.Open(t.Context(), dir)
	imagestest.Must(t, err)
	for _, turn := range []bool{false, true} {
		o := codec.Options{EXIFOrientation: turn}
		var rotated atomic.Int64
		skipped, err := Check(t.Context(), src, listed{"1.jpg", "6.jpg", "zstd.tif"}, Checks{Decode: o, Seen: func(_ int, info codec.Info) {
			if o.LeavesRotated(info) {
				rotated.Add(1)
			}
		}})
		imagestest.Must(t, err)
		if len(skipped) != 1 || !errors.Is(skipped[0].Err, images.ErrUnsupported) || !strings.Contains(skipped[0].String(), "Zstandard") || strings.Contains(skipped[0].String(), "damaged") {
			t.Errorf("got %v", skipped)
		}
		if n := rotated.Load(); n != 1 && !turn || n != 0 && turn {
			t.Errorf("%d stored rotated, turned %v", n, turn)
		}
	}
	if got := RotatedWarning(1, 3, "x: true"); !strings.HasPrefix(got, "1 of 3 images is stored rotated") || !strings.Contains(got, "x: true") {
		t.Error(got)
	}
}
