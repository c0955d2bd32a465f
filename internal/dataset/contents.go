package dataset

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"csl/internal/parallel"
)

// Contents are digests of the image files of the split, in the order of its images. workers 0 means
// GOMAXPROCS. After each image progress is called, by several goroutines.
func (c *Split) Contents(ctx context.Context, workers int, progress func()) ([][sha256.Size]byte, error) {
	n := c.Set.Len()
	sums := make([][sha256.Size]byte, n)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	bufs := sync.Pool{New: func() any { return new([]byte) }}
	err := parallel.Each(ctx, n, workers, func(_, i int) {
		buf := bufs.Get().(*[]byte)
		defer bufs.Put(buf)
		var err error
		if *buf, err = c.read(i, *buf); err != nil {
			stop(err)
			return
		}
		sums[i] = sha256.Sum256(*buf)
		progress()
	})
	if err != nil {
		return nil, err
	}
	return sums, nil
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
