package dataset

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// Contents are digests of the image files of the split, in the order of its images. workers 0 means
// GOMAXPROCS. After each image progress is called, by several goroutines.
func (c *Split) Contents(ctx context.Context, workers int, progress func()) ([][sha256.Size]byte, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	n := c.Set.Len()
	sums := make([][sha256.Size]byte, n)
	errs := make([]error, workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			var buf []byte
			for ctx.Err() == nil && errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if buf, errs[w] = c.read(i, buf); errs[w] == nil {
					sums[i] = sha256.Sum256(buf)
					progress()
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return sums, errors.Join(errs...)
}

// read reads the file of image i into buf or new memory.
func (c *Split) read(i int, buf []byte) ([]byte, error) {
	name := c.Set.ImageName(i)
	key, err := c.Source.Resolve(name)
	if err == nil {
		buf, err = c.Source.ReadFile(key, buf)
	}
	if err != nil {
		return buf, fmt.Errorf("image %q: %w", name, err)
	}
	return buf, nil
}
