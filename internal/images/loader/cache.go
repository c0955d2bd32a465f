package loader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"csl/internal/images"

	"csl/internal/safefile"
)

// CacheConfig says what a Cache holds and where.
type CacheConfig struct {
	Dir     string      // folder of the cache file; made if missing
	Files   *Files      // where the images come from, and their size and filter
	Samples Samples     // which images, in this order
	FS      safefile.FS // where the cache is written
	Workers int         // goroutines that decode; 0 for GOMAXPROCS
	// Progress, unless nil, is called while the cache is made, with the images done so far.
	Progress func(done, total int)
}

// Cache is a Feed of images that were decoded and resized once and lie in a file, as bytes. The
// file is mapped into memory where the system can do that, so that several runs share it and it
// takes no memory that is needed for other things; elsewhere images are read from it.
//
// The file's name is a digest of everything that makes the pixels: names, size, filter, decoding
// options, version of the decoders. In it lie, for each image, size, time and SHA-256 of the
// source file: if size and time are as they were the image is taken to be the same, else its
// content is compared. A cache with one image changed is made anew.
type Cache struct {
	config CacheConfig
	path   string
	made   bool
	index  []cacheRecord
	data   mapping
}

// cachePrefix begins the names of cache files.
const cachePrefix = "images-"

// OpenCache opens the cache, after making or renewing it if need be. What killed makers of caches left
// half-written in the folder is removed, unless somebody makes one there right now. Images that cannot be
// decoded do not stop that; they fail when they are asked for, as they do from files.
func OpenCache(ctx context.Context, c CacheConfig) (*Cache, error) {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if w, h := c.Files.Size(); w < 1 || h < 1 || w > maxCacheSide || h > maxCacheSide {
		return nil, fmt.Errorf("image cache: size %dx%d: want 1 to %d", w, h, maxCacheSide)
	}
	key := cacheKey(c.Files, c.Samples)
	path := filepath.Join(c.Dir, fmt.Sprintf("%s%x.cache", cachePrefix, key[:8]))
	safefile.RemoveLeftovers(c.FS, c.Dir, cachePrefix)
	cache, err := openCacheFile(path, key, c)
	if err == nil {
		err = cache.fresh(ctx)
		if err == nil {
			return cache, nil
		}
		err = errors.Join(err, cache.Close())
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if stale := errors.Is(err, errStale); !stale && errors.As(err, new(*fs.PathError)) { // names the file
		return nil, fmt.Errorf("image cache: %w", err)
	} else if !stale {
		return nil, fmt.Errorf("image cache %q: %w", path, err)
	}
	if err := c.FS.MkdirAll(c.Dir); err != nil {
		return nil, fmt.Errorf("image cache: %w", err)
	}
	done := safefile.Writing(c.Dir)
	err = makeCacheFile(ctx, path, key, c)
	done()
	if err != nil {
		return nil, fmt.Errorf("make image cache: %w", err)
	}
	cache, err = openCacheFile(path, key, c)
	if err != nil {
		return nil, fmt.Errorf("image cache %q, just made: %w", path, err)
	}
	cache.made = true
	return cache, nil
}

// Path is the cache's file, and Made tells whether OpenCache wrote it.
func (c *Cache) Path() string { return c.path }

// Made tells whether OpenCache made the cache, rather than finding it.
func (c *Cache) Made() bool { return c.made }

// ContentDigest tells whether the image files had the same content when another cache of the same samples was made.
func (c *Cache) ContentDigest() string {
	h := sha256.New()
	for _, r := range c.index {
		_, _ = h.Write(r.sum[:]) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// CacheBytes is the size of the cache file of n images of w x h.
func CacheBytes(n, w, h int) int64 {
	return cacheHead + int64(n)*(int64(w)*int64(h)*3+cacheRecordBytes) + cacheFoot
}

// Size returns the images' size.
func (c *Cache) Size() (w, h int) { return c.config.Files.Size() }

// Image copies an image from the cache. An image that could not be decoded when the cache was
// made, or whose bytes in it were damaged since, comes from its file.
func (c *Cache) Image(sample int, name string, dst *images.RGB, s *Scratch) error {
	if sample < 0 || sample >= len(c.index) || c.index[sample].name != nameDigest(name) {
		return fmt.Errorf("image %q: the cache was not made with it as sample %d", name, sample)
	}
	r := &c.index[sample]
	dst.Reset(c.Size())
	if r.good && c.copy(dst.Pix, sample) && crc32.Checksum(dst.Pix, crcTable) == r.crc {
		return nil
	}
	return c.config.Files.Image(sample, name, dst, s)
}

// copy reads a sample's bytes from the file. Where the file is mapped, a failing disk or a file cut
// off by someone shows as a fault of memory, which must not end the program.
func (c *Cache) copy(dst []uint8, sample int) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return c.data.read(dst, cacheHead+int64(sample)*int64(len(dst))) == nil
}

// Close ends the use of the cache. No loader may use it any more.
func (c *Cache) Close() error { return c.data.close() }
