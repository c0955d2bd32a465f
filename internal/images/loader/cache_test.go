package loader

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"csl/internal/images/imagestest"

	"csl/internal/images"
	"csl/internal/images/source"
	"csl/internal/images/transform"

	"csl/internal/safefile"
	"csl/internal/safefile/faultfs"
)

// cached is a small data set in a new folder, and the configuration of a cache of it.
func cached(t testing.TB) (c CacheConfig, root string) {
	t.Helper()
	root = t.TempDir()
	names := listed{"c422.jpg", "rgba.png", "lossy.webp", "plain.gif", "missing.jpg", "page.jpg"}
	for _, name := range names[:4] {
		data, err := os.ReadFile(filepath.Join("..", "testdata", "files", name))
		imagestest.Must(t, err)
		imagestest.Must(t, os.WriteFile(filepath.Join(root, name), data, 0o644))
	}
	imagestest.Must(t, os.WriteFile(filepath.Join(root, "page.jpg"), []byte("<html>"), 0o644))
	src, err := source.Open(context.Background(), root)
	imagestest.Must(t, err)
	return CacheConfig{
		Dir: filepath.Join(t.TempDir(), "below", "cache"), FS: safefile.OS(), Workers: 2,
		Files: &Files{Source: src, W: 16, H: 12, Filter: transform.Bilinear}, Samples: names,
	}, root
}

func mustCache(t testing.TB, c CacheConfig, made bool) *Cache {
	t.Helper()
	cache, err := OpenCache(t.Context(), c)
	imagestest.Must(t, err)
	t.Cleanup(func() { imagestest.Must(t, cache.Close()) })
	if cache.Made() != made {
		t.Errorf("made %v, want %v", cache.Made(), made)
	}
	return cache
}

// sameAsFiles checks every image of a cache against its file.
func sameAsFiles(t testing.TB, cache *Cache) {
	t.Helper()
	c := cache.config
	var s Scratch
	for i := range c.Samples.Len() {
		got, want := new(images.RGB), new(images.RGB)
		errGot := cache.Image(i, c.Samples.ImageName(i), got, &s)
		errWant := c.Files.Image(i, c.Samples.ImageName(i), want, &s)
		if (errGot == nil) != (errWant == nil) || errGot != nil && errGot.Error() != errWant.Error() {
			t.Errorf("sample %d: error %v, want %v", i, errGot, errWant)
			continue
		}
		if errGot == nil {
			if d := imagestest.Compare(t, got, want); d.Max != 0 {
				t.Errorf("sample %d: differs by %d", i, d.Max)
			}
		}
	}
}

func TestCacheGivesWhatTheFilesGive(t *testing.T) {
	c, _ := cached(t)
	var steps []int
	c.Progress = func(done, total int) { steps = append(steps, done, total) }
	first := mustCache(t, c, true)
	sameAsFiles(t, first)
	if !slices.Equal(steps, []int{6, 6}) {
		t.Errorf("progress %v", steps)
	}
	info, err := os.Stat(first.Path())
	imagestest.Must(t, err)
	if want := CacheBytes(6, 16, 12); info.Size() != want {
		t.Errorf("%d bytes, want %d", info.Size(), want)
	}
	again := mustCache(t, c, false)
	sameAsFiles(t, again)
	if first.Path() != again.Path() {
		t.Errorf("%q and %q", first.Path(), again.Path())
	}
	if w, h := again.Size(); w != 16 || h != 12 {
		t.Errorf("size %dx%d", w, h)
	}
}

func TestCacheIsAnotherForOtherSettings(t *testing.T) {
	c, _ := cached(t)
	paths := map[string]bool{mustCache(t, c, true).Path(): true}
	for _, change := range []func(*CacheConfig, *Files){
		func(_ *CacheConfig, f *Files) { f.W = 17 },
		func(_ *CacheConfig, f *Files) { f.H = 17 },
		func(_ *CacheConfig, f *Files) { f.Filter = transform.Bicubic },
		func(_ *CacheConfig, f *Files) { f.Decode.EXIFOrientation = true },
		func(_ *CacheConfig, f *Files) { f.Decode.MaxPixels = 1200 },
		func(c *CacheConfig, _ *Files) { c.Samples = listed{"rgba.png", "c422.jpg"} },
		func(c *CacheConfig, _ *Files) { c.Samples = listed{"c422.jpg", "rgba.png"} },
	} {
		other, files := c, *c.Files
		other.Files = &files
		change(&other, &files)
		cache := mustCache(t, other, true)
		sameAsFiles(t, cache)
		paths[cache.Path()] = true
	}
	if len(paths) != 8 {
		t.Errorf("%d different files of 8", len(paths))
	}
	mustCache(t, c, false)
}

func TestCacheFollowsTheContentOfFiles(t *testing.T) {
	c, root := cached(t)
	mustCache(t, c, true)
	file := filepath.Join(root, "plain.gif")
	data, err := os.ReadFile(file)
	imagestest.Must(t, err)
	later := time.Now().Add(5 * time.Second)

	imagestest.Must(t, os.Chtimes(file, later, later)) // touched only
	mustCache(t, c, false)

	data[14] ^= 0x40 // a colour of the palette: same size, other content
	imagestest.Must(t, os.WriteFile(file, data, 0o644))
	imagestest.Must(t, os.Chtimes(file, later.Add(time.Second), later.Add(time.Second)))
	sameAsFiles(t, mustCache(t, c, true))

	imagestest.Must(t, os.WriteFile(file, append(data, 0), 0o644)) // other size
	sameAsFiles(t, mustCache(t, c, true))

	imagestest.Must(t, os.Rename(filepath.Join(root, "rgba.png"), filepath.Join(root, "missing.jpg")))
	src, err := source.Open(context.Background(), root)
	imagestest.Must(t, err)
	c.Files.Source = src
	sameAsFiles(t, mustCache(t, c, true))
	mustCache(t, c, false)
}

func TestCacheSurvivesDamage(t *testing.T) {
	c, _ := cached(t)
	path := mustCache(t, c, true).Path()
	whole, err := os.ReadFile(path)
	imagestest.Must(t, err)
	for name, damaged := range map[string][]byte{
		"empty":         {},
		"cut":           whole[:len(whole)-1],
		"long":          append(slices.Clone(whole), 0),
		"another head":  append([]byte("CSLPICS0"), whole[8:]...),
		"other records": append(slices.Clone(whole[:len(whole)-100]), make([]byte, 100)...),
	} {
		imagestest.Must(t, os.WriteFile(path, damaged, 0o644))
		cache, err := OpenCache(t.Context(), c)
		imagestest.Must(t, err)
		if !cache.Made() {
			t.Errorf("%s: taken as it was", name)
		}
		sameAsFiles(t, cache)
		imagestest.Must(t, cache.Close())
	}
	pixel := slices.Clone(whole)
	pixel[cacheHead+100] ^= 1
	imagestest.Must(t, os.WriteFile(path, pixel, 0o644))
	sameAsFiles(t, mustCache(t, c, false))
}

func TestCacheSurvivesItsFileBeingCutOff(t *testing.T) {
	c, _ := cached(t)
	c.Files.W, c.Files.H = 64, 64 // several pages of memory, which go away
	cache := mustCache(t, c, true)
	imagestest.Must(t, os.Truncate(cache.Path(), 10))
	sameAsFiles(t, cache)
}

func TestCacheAppearsCompleteOrNotAtAll(t *testing.T) {
	c, _ := cached(t)
	failed := 0
	faultfs.Each(func(fsys *faultfs.FS, failing string) {
		c := c
		c.Dir, c.FS = filepath.Join(t.TempDir(), "new"), fsys
		cache, err := OpenCache(t.Context(), c)
		if (err == nil) != (failing == "") && !strings.Contains(failing, "remove") {
			t.Errorf("failing %q: error %v", failing, err)
		}
		if err == nil {
			sameAsFiles(t, cache)
			imagestest.Must(t, cache.Close())
			return
		}
		failed++
		c.FS = safefile.OS()
		again, err := OpenCache(t.Context(), c)
		imagestest.Must(t, err)
		sameAsFiles(t, again)
		imagestest.Must(t, again.Close())
	})
	if failed < 4 {
		t.Errorf("only %d steps failed", failed)
	}
}

func TestCacheRemovesWhatKilledMakersLeft(t *testing.T) {
	c, _ := cached(t)
	for _, made := range []bool{true, false} {
		imagestest.Must(t, os.MkdirAll(c.Dir, 0o777))
		left := filepath.Join(c.Dir, ".images-0011223344556677.cache.csltmp-0123456789ab")
		imagestest.Must(t, os.WriteFile(left, []byte("half"), 0o600))
		done := safefile.Writing(c.Dir)
		sameAsFiles(t, mustCache(t, c, made))
		if _, err := os.Stat(left); err != nil {
			t.Errorf("removed while somebody writes: %v", err)
		}
		done()
		mustCache(t, c, false)
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("still there: %v", err)
		}
	}
}

func TestCacheStopsWhenCancelled(t *testing.T) {
	c, _ := cached(t)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := OpenCache(ctx, c); !errors.Is(err, stop) {
		t.Errorf("making: got %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(c.Dir, "*")); len(files) != 0 {
		t.Errorf("left %v", files)
	}
	mustCache(t, c, true)
	if _, err := OpenCache(ctx, c); !errors.Is(err, stop) {
		t.Errorf("opening: got %v", err)
	}
}

func TestCacheRefusesOtherSamplesAndSizes(t *testing.T) {
	c, _ := cached(t)
	cache := mustCache(t, c, true)
	for sample, name := range map[int]string{0: "rgba.png", -1: "c422.jpg", 6: "c422.jpg"} {
		if err := cache.Image(sample, name, new(images.RGB), new(Scratch)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("sample %d as %q: got %v", sample, name, err)
		}
	}
	for _, w := range []int{0, -1, maxCacheSide + 1} {
		c.Files = &Files{Source: c.Files.Source, W: w, H: 8}
		if _, err := OpenCache(t.Context(), c); err == nil || !strings.Contains(err.Error(), "size") {
			t.Errorf("width %d: got %v", w, err)
		}
	}
}

func TestCacheNamesAFolderThatCannotBeWritten(t *testing.T) {
	c, root := cached(t)
	c.Dir = filepath.Join(root, "page.jpg", "cache")
	if _, err := OpenCache(t.Context(), c); err == nil || !strings.Contains(err.Error(), "image cache") {
		t.Errorf("got %v", err)
	}
}

func TestLoaderGivesTheSameFromCacheAndFiles(t *testing.T) {
	c, _ := cached(t)
	cache := mustCache(t, c, true)
	var want []string
	for _, feed := range []Feed{c.Files, cache} {
		for _, workers := range []int{1, 3} {
			l := mustLoader(t, Config{
				Samples: c.Samples, Feed: feed, Scale: mustScale(t, nil, nil), Augment: transform.Augment{Cutout: 0.5, Ops: 2, Magnitude: 9},
				Batch: 3, Shuffle: true, Seed: 5, SkipBroken: true, Workers: workers,
			})
			got, _ := drain(t, l.Epoch(t.Context(), 1, 0))
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%T, %d workers: batches differ", feed, workers)
			}
		}
	}
}

func BenchmarkCache(b *testing.B) {
	root := b.TempDir()
	data, err := os.ReadFile("../testdata/goldens/q90_444.jpg")
	imagestest.Must(b, err)
	imagestest.Must(b, os.WriteFile(filepath.Join(root, "x.jpg"), data, 0o644))
	src, err := source.Open(context.Background(), root)
	imagestest.Must(b, err)
	names := listed(slices.Repeat([]string{"x.jpg"}, 4096))
	cache := mustCache(b, CacheConfig{Dir: root, FS: safefile.OS(), Files: &Files{Source: src, W: 64, H: 64}, Samples: names, Workers: runtime.GOMAXPROCS(0)}, true)
	for name, aug := range map[string]transform.Augment{"plain": {}, "cutout": {Cutout: 0.5}, "cutout_randaugment": {Cutout: 0.5, Ops: 2, Magnitude: 9}} {
		b.Run("loader_64/"+name, func(b *testing.B) {
			loadImages(b, mustLoader(b, Config{Samples: names, Feed: cache, Augment: aug, Scale: mustScale(b, nil, nil), Batch: 64, Shuffle: true}))
		})
	}
}
