package loader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"csl/internal/images/imagestest"

	"csl/internal/images"
	"csl/internal/images/codec"
	"csl/internal/images/source"
	"csl/internal/images/transform"
)

// drawn are samples whose images are computed: sample i is noise of seed i.
type drawn struct {
	n    int
	bad  map[int]bool
	slow bool
}

func (d drawn) Len() int               { return d.n }
func (d drawn) NumClasses() int        { return 3 }
func (d drawn) ImageName(i int) string { return fmt.Sprintf("drawn-%d", i) }
func (d drawn) Size() (w, h int)       { return 7, 5 }

func (d drawn) Row(i int, dst []int8) {
	dst[0], dst[1], dst[2] = int8(i%2), -1, int8(i/2%2)
}

func (d drawn) Image(i int, name string, dst *images.RGB, _ *Scratch) error {
	if d.bad[i] {
		return fmt.Errorf("image %q: torn", name)
	}
	if d.slow {
		time.Sleep(time.Duration(i*7919%5) * 100 * time.Microsecond)
	}
	dst.Reset(7, 5)
	for k := range dst.Pix {
		dst.Pix[k] = uint8(i*31 + k)
	}
	return nil
}

// everything is the content of a batch that is compared.
func everything(b *Batch) string {
	return fmt.Sprint(b.Epoch, b.Number, b.N, b.Pix, b.States, b.Samples)
}

// drain takes the rest of an epoch.
func drain(t testing.TB, e *Epoch) (batches []string, samples []int) {
	t.Helper()
	defer e.Close()
	for {
		b, err := e.Next()
		if err == io.EOF {
			return batches, samples
		}
		imagestest.Must(t, err)
		batches = append(batches, everything(b))
		samples = append(samples, b.Samples...)
	}
}

func mustScale(t testing.TB, mean, std []float64) *transform.Scale {
	t.Helper()
	s, err := transform.NewScale(mean, std)
	imagestest.Must(t, err)
	return s
}

func drawnConfig(t testing.TB, d drawn) Config {
	return Config{
		Samples: d, Feed: d, Scale: mustScale(t, nil, nil),
		Augment: transform.Augment{Flip: 0.5, Cutout: 0.5, Ops: 2, Magnitude: 9},
		Batch:   4, Shuffle: true, Seed: 11,
	}
}

func mustLoader(t testing.TB, c Config) *Loader {
	t.Helper()
	l, err := New(c)
	imagestest.Must(t, err)
	return l
}

func TestLoaderGivesTheSameForAnyNumberOfWorkers(t *testing.T) {
	var want []string
	for _, workers := range []int{1, 2, 5} {
		for _, prefetch := range []int{1, 4} {
			c := drawnConfig(t, drawn{n: 30, slow: true, bad: map[int]bool{3: true, 4: true}})
			c.Workers, c.Prefetch, c.SkipBroken = workers, prefetch, true
			l := mustLoader(t, c)
			var got []string
			for epoch := range 2 {
				batches, _ := drain(t, l.Epoch(t.Context(), epoch, 0))
				got = append(got, batches...)
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d workers, %d ahead: batches differ", workers, prefetch)
			}
		}
	}
}

func TestLoaderGoesOnWhereItStopped(t *testing.T) {
	l := mustLoader(t, drawnConfig(t, drawn{n: 30}))
	want, _ := drain(t, l.Epoch(t.Context(), 5, 0))
	if len(want) != l.Batches() {
		t.Fatalf("%d batches, want %d", len(want), l.Batches())
	}
	for first := range len(want) + 1 {
		fresh := mustLoader(t, drawnConfig(t, drawn{n: 30}))
		if got, _ := drain(t, fresh.Epoch(t.Context(), 5, first)); !slices.Equal(got, want[first:]) {
			t.Errorf("from batch %d: the batches differ", first)
		}
	}
}

func TestLoaderOrder(t *testing.T) {
	all := Without(nil, 30)
	orders := map[string]bool{}
	for _, seed := range []uint64{1, 2} {
		for epoch := range 3 {
			c := drawnConfig(t, drawn{n: 30})
			c.Seed = seed
			_, samples := drain(t, mustLoader(t, c).Epoch(t.Context(), epoch, 0))
			orders[fmt.Sprint(samples)] = true
			slices.Sort(samples)
			if !slices.Equal(samples, all) {
				t.Errorf("seed %d epoch %d: %v", seed, epoch, samples)
			}
		}
	}
	if len(orders) != 6 {
		t.Errorf("%d different orders of 6", len(orders))
	}
	c := drawnConfig(t, drawn{n: 30})
	c.Shuffle = false
	if _, samples := drain(t, mustLoader(t, c).Epoch(t.Context(), 1, 0)); !slices.Equal(samples, all) {
		t.Errorf("sequential: %v", samples)
	}
}

func TestLoaderKeepsTheLastShortBatchAndFillsIn(t *testing.T) {
	c := drawnConfig(t, drawn{n: 6})
	c.Shuffle, c.Augment = false, transform.Augment{}
	e := mustLoader(t, c).Epoch(t.Context(), 2, 1)
	defer e.Close()
	b, err := e.Next()
	imagestest.Must(t, err)
	if b.N != 2 || b.Epoch != 2 || b.Number != 1 || !slices.Equal(b.Samples, []int{4, 5}) {
		t.Errorf("got %+v", b)
	}
	if want := []int8{0, -1, 0, 1, -1, 0}; !slices.Equal(b.States, want) {
		t.Errorf("states %v, want %v", b.States, want)
	}
	for i, v := range b.Pix {
		if want := float32(uint8((4+i/105)*31+i%105)) / 255; v != want {
			t.Fatalf("value %d: %v, want %v", i, v, want)
		}
	}
	if _, err := e.Next(); err != io.EOF {
		t.Errorf("got %v, want io.EOF", err)
	}
}

func TestLoaderUsesOnlyTheSamplesGiven(t *testing.T) {
	c := drawnConfig(t, drawn{n: 30})
	c.Use = []int{3, 9, 27}
	l := mustLoader(t, c)
	_, samples := drain(t, l.Epoch(t.Context(), 0, 0))
	slices.Sort(samples)
	if !slices.Equal(samples, c.Use) || l.Len() != 3 || l.Batches() != 1 {
		t.Errorf("got %v", samples)
	}
}

func TestLoaderStopsAtABadImageAndNamesIt(t *testing.T) {
	for range 5 {
		c := drawnConfig(t, drawn{n: 30, slow: true, bad: map[int]bool{13: true, 14: true}})
		c.Shuffle = false
		e := mustLoader(t, c).Epoch(t.Context(), 0, 0)
		var err error
		n := 0
		for ; err == nil; n++ {
			_, err = e.Next()
		}
		if n != 4 || !strings.Contains(err.Error(), `"drawn-13"`) {
			t.Errorf("batch %d: %v", n, err)
		}
		if _, again := e.Next(); again == nil || again.Error() != err.Error() {
			t.Errorf("the next call gave %v", again)
		}
		e.Close()
	}
}

func TestLoaderLeavesBadImagesOutOfSequentialBatches(t *testing.T) {
	var named []string
	c := drawnConfig(t, drawn{n: 14, bad: map[int]bool{0: true, 3: true, 4: true, 5: true, 6: true, 7: true, 13: true}})
	c.Shuffle, c.SkipBroken = false, true
	c.OnSkip = func(b Skipped) { named = append(named, b.String()) }
	l := mustLoader(t, c)
	for range 2 {
		e := l.Epoch(t.Context(), 0, 0)
		var got []string
		for {
			b, err := e.Next()
			if err == io.EOF {
				break
			}
			imagestest.Must(t, err)
			got = append(got, fmt.Sprint(b.Number, b.Samples, len(b.Pix), len(b.States), b.States[0]))
		}
		e.Close()
		if want := []string{"0 [1 2] 210 6 1", "2 [8 9 10 11] 420 12 0", "3 [12] 105 3 0"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	slices.Sort(named)
	if len(named) != 7 || named[0] != `image "drawn-0": torn` {
		t.Errorf("named %q", named)
	}
	if bad := l.Skipped(); len(bad) != 7 || bad[1].Sample != 3 || bad[1].Name != "drawn-3" {
		t.Errorf("skipped %v", bad)
	}
}

func TestLoaderFillsShuffledBatchesUpWithTheNextSamples(t *testing.T) {
	c := drawnConfig(t, drawn{n: 10, bad: map[int]bool{2: true, 5: true}})
	c.SkipBroken = true
	l := mustLoader(t, c)
	_, got := drain(t, l.Epoch(t.Context(), 3, 0))
	want := slices.Clone(l.order(3))
	for i := range want {
		for k := i; ; k++ {
			if s := l.order(3)[k%10]; s != 2 && s != 5 {
				want[i] = s
				break
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLoaderGivesUpWhereNothingCanBeLoaded(t *testing.T) {
	bad := map[int]bool{}
	for i := range 10 {
		bad[i] = true
	}
	c := drawnConfig(t, drawn{n: 10, bad: bad})
	c.SkipBroken = true
	e := mustLoader(t, c).Epoch(t.Context(), 0, 0)
	defer e.Close()
	if _, err := e.Next(); err == nil || !strings.Contains(err.Error(), "10 images in a row") {
		t.Errorf("got %v", err)
	}
}

// settle waits until no more than n goroutines are left.
func settle(t *testing.T, n int) {
	t.Helper()
	for range 200 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), n)
}

func TestLoaderStopsWhenCancelledAndLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	stop := errors.New("stop")
	for _, take := range []int{0, 1, 3} {
		c := drawnConfig(t, drawn{n: 4000, slow: true})
		c.Workers = 4
		ctx, cancel := context.WithCancelCause(t.Context())
		e := mustLoader(t, c).Epoch(ctx, 0, 0)
		for range take {
			_, err := e.Next()
			imagestest.Must(t, err)
		}
		cancel(stop)
		if _, err := e.Next(); !errors.Is(err, stop) {
			t.Errorf("after %d batches: got %v", take, err)
		}
		settle(t, before) // also before Close
		e.Close()
		e.Close()
	}
	e := mustLoader(t, drawnConfig(t, drawn{n: 4000})).Epoch(t.Context(), 0, 0)
	_, err := e.Next()
	imagestest.Must(t, err)
	e.Close()
	settle(t, before)
	if _, err := e.Next(); err == nil {
		t.Error("a closed epoch gives batches")
	}
}

func TestLoaderUsesItsMemoryAgain(t *testing.T) {
	c := drawnConfig(t, drawn{n: 400})
	c.Augment.Ops = 0
	c.Workers, c.Prefetch = 2, 2
	l := mustLoader(t, c)
	for epoch := range 3 {
		e := l.Epoch(t.Context(), epoch, 0)
		for range 90 {
			_, err := e.Next()
			imagestest.Must(t, err)
		}
		e.Close()
	}
	if len(l.batches.free) > 3 || len(l.workers.free) > 2 {
		t.Errorf("%d batches and %d workers after three epochs, one at a time", len(l.batches.free), len(l.workers.free))
	}
}

// still are samples that cost no memory.
type still struct{ drawn }

func (still) ImageName(int) string { return "still" }

func TestLoaderAllocatesNothingPerBatch(t *testing.T) {
	s := still{drawn{n: 4000}}
	c := drawnConfig(t, s.drawn)
	c.Samples, c.Augment, c.Workers = s, transform.Augment{Cutout: 0.5, Flip: 0.5}, 2
	e := mustLoader(t, c).Epoch(t.Context(), 0, 0)
	defer e.Close()
	next := func() {
		_, err := e.Next()
		imagestest.Must(t, err)
	}
	for range 20 {
		next()
	}
	if n := testing.AllocsPerRun(500, next); n >= 1 {
		t.Errorf("%v allocations per batch", n)
	}
}

func TestNewLoaderRefusesWhatCannotWork(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"batch size 0": func(c *Config) { c.Batch = 0 },
		"cutout 2":     func(c *Config) { c.Augment.Cutout = 2 },
		"no images":    func(c *Config) { c.Use = []int{} },
		"0x9":          func(c *Config) { c.Feed = &Files{H: 9} },
	} {
		c := drawnConfig(t, drawn{n: 3})
		change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// listed are samples of files by name.
type listed []string

func (l listed) Len() int               { return len(l) }
func (l listed) NumClasses() int        { return 1 }
func (l listed) ImageName(i int) string { return l[i] }
func (l listed) Row(_ int, dst []int8)  { dst[0] = -1 }

func TestFilesDecodeAndResize(t *testing.T) {
	src, err := source.Open(context.Background(), "../testdata")
	imagestest.Must(t, err)
	names := listed{"q90_420.jpg", "files/lossy.webp", "rgb.png", "files/gray16"}
	c := Config{Samples: names, Feed: &Files{Source: src, W: 20, H: 12, Filter: transform.Bicubic}, Scale: mustScale(t, nil, nil), Batch: 9, Workers: 2}
	e := mustLoader(t, c).Epoch(t.Context(), 0, 0)
	defer e.Close()
	b, err := e.Next()
	imagestest.Must(t, err)
	for i, path := range []string{"goldens/q90_420.jpg", "files/lossy.webp", "goldens/rgb.png", "files/gray16.png"} {
		want := transform.Resize(readFixture(t, "../testdata/"+path, codec.Options{}), 20, 12, transform.Bicubic)
		for k, v := range want.Pix {
			if got := b.Pix[i*720+k]; got != float32(v)/255 {
				t.Fatalf("%s: value %d is %v, want %v", path, k, got, float32(v)/255)
			}
		}
	}
}

func TestCheckFindsBadImagesByTheirHeaders(t *testing.T) {
	dir := t.TempDir()
	jpg, err := os.ReadFile("../testdata/files/c422.jpg")
	imagestest.Must(t, err)
	// A header that ends beyond the part that is read first.
	long := append([]byte("\xff\xd8"), strings.Repeat("\xff\xed\xff\xff"+strings.Repeat("x", 0xfffd), 3)...)
	long = append(long, jpg[2:]...)
	lying := slices.Clone(jpg)
	copy(lying[strings.Index(string(jpg), "\xff\xc0")+5:], "\x30\x00\x30\x00")
	for name, data := range map[string][]byte{"good.jpg": jpg, "long.jpg": long, "empty.jpg": nil, "page.jpg": []byte("<html>"), "cut.jpg": jpg[:100], "lying.jpg": lying} {
		imagestest.Must(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	src, err := source.Open(context.Background(), dir)
	imagestest.Must(t, err)
	names := listed{"good.jpg", "empty.jpg", "long.jpg", "page.jpg", "cut.jpg", "lying.jpg", "missing.jpg"}
	var done atomic.Int64
	bad, err := Check(t.Context(), src, names, Checks{Workers: 2, Progress: func(d, total int) {
		done.Add(1)
		if total != len(names) {
			t.Errorf("total %d", total)
		}
	}})
	imagestest.Must(t, err)
	if int(done.Load()) != len(names) {
		t.Errorf("progress was called %d times", done.Load())
	}
	var got []int
	for _, b := range bad {
		got = append(got, b.Sample)
	}
	if want := []int{1, 3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	line := SkippedError(bad, len(names)).Error()
	for _, part := range []string{"5 of 7", `"empty.jpg"`, "file is empty", `"page.jpg"`, "HTML", `"cut.jpg"`, "and 2 more"} {
		if !strings.Contains(line, part) || strings.Contains(line, "\n") {
			t.Errorf("%q lacks %q", line, part)
		}
	}
	if keep := Without(bad, len(names)); !slices.Equal(keep, []int{0, 2}) {
		t.Errorf("keeps %v", keep)
	}
	if err := SkippedError(nil, 7); err != nil {
		t.Error(err)
	}
	if bad, err := Check(t.Context(), src, names, Checks{Decode: codec.Options{MaxPixels: 41*29 - 1}}); err != nil || len(bad) != 7 {
		t.Errorf("%d bad, %v", len(bad), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, src, names, Checks{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkLoader(b *testing.B) {
	src, err := source.Open(context.Background(), "../testdata")
	imagestest.Must(b, err)
	names := listed(slices.Repeat([]string{"goldens/q90_420.jpg"}, 4096))
	for _, c := range []struct {
		name string
		size int
		aug  transform.Augment
	}{{"files/64", 64, transform.Augment{}}, {"files_augmented/64", 64, transform.Augment{Cutout: 0.5, Ops: 2, Magnitude: 9}}} {
		b.Run(c.name, func(b *testing.B) {
			l := mustLoader(b, Config{Samples: names, Feed: &Files{Source: src, W: c.size, H: c.size}, Augment: c.aug, Scale: mustScale(b, nil, nil), Batch: 64, Shuffle: true})
			loadImages(b, l)
		})
	}
}

// loadImages takes b.N batches and reports the rate of images.
func loadImages(b *testing.B, l *Loader) {
	b.Helper()
	n, epoch := 0, 0
	e := l.Epoch(b.Context(), epoch, 0)
	for b.Loop() {
		batch, err := e.Next()
		if err == io.EOF {
			e.Close()
			epoch++
			e = l.Epoch(b.Context(), epoch, 0)
			batch, err = e.Next()
		}
		imagestest.Must(b, err)
		n += batch.N
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "images/s")
	e.Close()
}

// readFixture reads and decodes a file of testdata.
func readFixture(t testing.TB, path string, o codec.Options) *images.RGB {
	t.Helper()
	data, err := os.ReadFile(path)
	imagestest.Must(t, err)
	m, _, err := codec.Decode(data, o)
	imagestest.Must(t, err)
	return m
}
