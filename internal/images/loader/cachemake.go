package loader

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"sync/atomic"
	"time"

	"csl/internal/images"
	"csl/internal/images/source"
	"csl/internal/parallel"
	"csl/internal/safefile"
)

// cacheChunk is how many images are decoded before they are written together.
const cacheChunk = 256

// stampTime and stampOf turn a stamp's time into nanoseconds and back; the zero time is 0.
func stampTime(s source.Stamp) int64 {
	if s.ModTime.IsZero() {
		return 0
	}
	return s.ModTime.UnixNano()
}

func stampOf(size, nano int64) source.Stamp {
	if nano == 0 {
		return source.Stamp{Size: size}
	}
	return source.Stamp{Size: size, ModTime: time.Unix(0, nano)}
}

// makeCacheFile decodes all images into a new cache file, which appears when it is complete.
func makeCacheFile(ctx context.Context, path string, key [sha256.Size]byte, c CacheConfig) error {
	n := c.Samples.Len()
	w, h := c.Files.Size()
	head := encodeHead(key, n, w, h)
	return safefile.Write(c.FS, path, func(out io.Writer) error {
		if _, err := out.Write(head); err != nil {
			return err
		}
		size := w * h * 3
		pixels := make([]uint8, min(cacheChunk, n)*size)
		chunk := make([]cacheRecord, min(cacheChunk, n))
		scratch := make([]Scratch, c.Workers)
		records := make([]byte, 0, n*cacheRecordBytes)
		for first := 0; first < n; first += cacheChunk {
			m := min(cacheChunk, n-first)
			if err := parallel.Each(ctx, m, c.Workers, func(w, i int) {
				chunk[i] = c.makeRecord(first+i, pixels[i*size:(i+1)*size:(i+1)*size], &scratch[w])
			}); err != nil {
				return err
			}
			if _, err := out.Write(pixels[:m*size]); err != nil {
				return err
			}
			for i := range chunk[:m] {
				records = chunk[i].encode(records)
			}
			if c.Progress != nil {
				c.Progress(first+m, n)
			}
		}
		if _, err := out.Write(records); err != nil {
			return err
		}
		_, err := out.Write(cacheSum(head, records))
		return err
	})
}

// makeRecord decodes one image into pixels; one that cannot be decoded gives black and is marked.
func (c *CacheConfig) makeRecord(sample int, pixels []uint8, s *Scratch) cacheRecord {
	name := c.Samples.ImageName(sample)
	r := cacheRecord{name: nameDigest(name)}
	data, stamp, err := c.content(name, s)
	if err == nil {
		r.stamp, r.sum = stamp, sha256.Sum256(data)
		dst := images.RGB{Pix: pixels[:0]}
		if _, err = s.Decode(&dst, data, c.Files.Decode, c.Files.W, c.Files.H, c.Files.Filter); err == nil {
			r.good, r.crc = true, crc32.Checksum(pixels, crcTable)
			return r
		}
	}
	clear(pixels)
	return r
}

// content reads an image's file, after noting what it looks like from outside: a change between
// the two will be noticed.
func (c *CacheConfig) content(name string, s *Scratch) ([]byte, source.Stamp, error) {
	key, err := c.Files.Source.Resolve(name)
	if err != nil {
		return nil, source.Stamp{}, err
	}
	stamp, err := c.Files.Source.Stat(key)
	if err != nil {
		return nil, source.Stamp{}, err
	}
	data, err := c.Files.Source.ReadFile(key, s.File)
	if err != nil {
		return nil, source.Stamp{}, err
	}
	s.File = data
	return data, stamp, nil
}

// fresh checks that the source files are those that the cache was made from. The error wraps
// errStale if not.
func (c *Cache) fresh(ctx context.Context) error {
	var changed atomic.Int64
	changed.Store(-1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	scratch := make([]Scratch, c.config.Workers)
	err := parallel.Each(ctx, len(c.index), c.config.Workers, func(w, i int) {
		if !c.config.same(c.config.Samples.ImageName(i), &c.index[i], &scratch[w]) {
			changed.Store(int64(i))
			stop()
		}
	})
	if i := changed.Load(); i >= 0 {
		return fmt.Errorf("%w: image %q has changed", errStale, c.config.Samples.ImageName(int(i)))
	}
	return err
}

// same tells whether an image's file is the one that the record was made from: of the same size
// and time, or of the same content.
func (c *CacheConfig) same(name string, r *cacheRecord, s *Scratch) bool {
	key, err := c.Files.Source.Resolve(name)
	if err != nil {
		return r.stamp == source.Stamp{}
	}
	stamp, err := c.Files.Source.Stat(key)
	if err != nil || stamp.Size != r.stamp.Size {
		return false
	}
	if stampTime(stamp) == stampTime(r.stamp) {
		return true
	}
	data, err := c.Files.Source.ReadFile(key, s.File)
	if err != nil {
		return false
	}
	s.File = data
	return sha256.Sum256(data) == r.sum
}
