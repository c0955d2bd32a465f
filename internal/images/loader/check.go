package loader

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"csl/internal/images/codec"
	"csl/internal/images/source"

	"csl/internal/count"
)

// Samples is the labelled list of images that a Loader walks; a dataset.Set is one.
type Samples interface {
	Len() int
	NumClasses() int
	// ImageName is the name of sample i, as Source.Resolve takes it.
	ImageName(i int) string
	// Row writes the states of sample i, one per class: 1, 0 or -1 (unknown).
	Row(i int, dst []int8)
}

// Skipped is a sample whose image cannot be used.
type Skipped struct {
	Sample int    // index among the samples
	Name   string // the image's name
	Err    error  // why
}

// headBytes is how much of a file is read to find the header; files whose header ends later, such
// as JPEGs after a large colour profile, are read whole.
const headBytes = 32 << 10

// Check finds the samples whose image is missing, is no image, is too large or states more
// pixels than its file can hold, by reading the headers only: damage further down shows when the
// image is loaded. The result is in the order of the samples. workers 0 means GOMAXPROCS; after each
// image progress (nil for none) is called, by several goroutines, with the number done so far.
// found (nil for none) gets the key and the stamp of each sample's file, from several goroutines. The error is that of ctx.
func Check(ctx context.Context, src source.Source, s Samples, o codec.Options, workers int, progress func(done, total int), found func(sample int, key string, at source.Stamp)) ([]Skipped, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	n := s.Len()
	errs := make([]error, n)
	var next, done atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[i] = checkFile(src, s.ImageName(i), o, func(key string, at source.Stamp) {
					if found != nil {
						found(i, key, at)
					}
				})
				if d := int(done.Add(1)); progress != nil {
					progress(d, n)
				}
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	var bad []Skipped
	for i, err := range errs {
		if err != nil {
			bad = append(bad, Skipped{Sample: i, Name: s.ImageName(i), Err: err})
		}
	}
	return bad, nil
}

// checkFile checks one image by its header.
func checkFile(src source.Source, name string, o codec.Options, found func(key string, at source.Stamp)) error {
	key, err := src.Resolve(name)
	if err != nil {
		return err
	}
	stamp, err := src.Stat(key)
	if err != nil {
		return err
	}
	found(key, stamp)
	data, err := src.ReadHead(key, headBytes)
	if err != nil {
		return err
	}
	info, err := codec.DecodeHeader(data)
	if err != nil && stamp.Size > int64(len(data)) {
		if data, err = src.ReadFile(key, nil); err != nil {
			return err
		}
		info, err = codec.DecodeHeader(data)
	}
	if err != nil {
		return err
	}
	return info.Check(o, stamp.Size)
}

// SkippedError returns one line that counts the bad samples among total and names the first few, or nil
// if there are none.
func SkippedError(bad []Skipped, total int) error {
	if len(bad) == 0 {
		return nil
	}
	const show = 3
	var names []string
	for _, b := range bad[:min(show, len(bad))] {
		names = append(names, b.String())
	}
	more := ""
	if len(bad) > show {
		more = fmt.Sprintf("; and %d more", len(bad)-show)
	}
	return fmt.Errorf("%d of %s cannot be used: %s%s", len(bad), count.Of(total, "image"), strings.Join(names, "; "), more)
}

// String names the image and why it is bad, on one line.
func (b Skipped) String() string { return b.prefix() + b.Why() }

// Why is why the image is bad, on one line that need not name it.
func (b Skipped) Why() string {
	return strings.TrimPrefix(strings.ReplaceAll(b.Err.Error(), "\n", " "), b.prefix())
}

func (b Skipped) prefix() string { return fmt.Sprintf("image %q: ", b.Name) }

// Without lists the samples from 0 to total-1 that are not bad.
func Without(bad []Skipped, total int) []int {
	drop := make(map[int]bool, len(bad))
	for _, b := range bad {
		drop[b.Sample] = true
	}
	keep := make([]int, 0, total-len(drop))
	for i := range total {
		if !drop[i] {
			keep = append(keep, i)
		}
	}
	return keep
}
