package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"csl/internal/images"
	"csl/internal/regular"
)

// folder is a Source of files below a folder. Links are followed, also those that lead out of it:
// people link data sets together. Names that lead out of it are not.
type folder struct {
	root string

	once  sync.Once
	index *baseIndex
	notes []string
	err   error
}

func (d *folder) file(key string) string { return filepath.Join(d.root, filepath.FromSlash(key)) }

func (d *folder) Resolve(name string) (string, error) {
	return resolve(name, d.root, func(key string) bool {
		info, err := os.Stat(d.file(key))
		return err == nil && info.Mode().IsRegular()
	}, d.walked)
}

// walked is the index of all files, made at its first use.
func (d *folder) walked() (*baseIndex, error) {
	d.once.Do(func() {
		var keys []string
		keys, d.notes, d.err = walk(d.root)
		slices.Sort(keys)
		d.index = newBaseIndex(keys)
	})
	return d.index, d.err
}

func (d *folder) ReadFile(key string, buf []byte) ([]byte, error) {
	return d.read(key, buf, maxFile)
}

func (d *folder) ReadHead(key string, n int) ([]byte, error) {
	return d.read(key, nil, int64(n))
}

// read reads a file of at most maxFile bytes, up to limit.
func (d *folder) read(key string, buf []byte, limit int64) (data []byte, err error) {
	info, err := os.Stat(d.file(key))
	if err != nil {
		return nil, err
	}
	if err := regular.Check(d.file(key), info); err != nil {
		return nil, err // without opening it: a pipe would block
	}
	f, err := os.Open(d.file(key))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	return readSized(f, key, buf, info.Size(), limit)
}

// readSized reads a file of size bytes, up to limit, into buf or new memory.
func readSized(r io.Reader, key string, buf []byte, size, limit int64) ([]byte, error) {
	if size > maxFile {
		return nil, fmt.Errorf("%q has %d bytes; an image file may have %d", key, size, int64(maxFile))
	}
	buf = images.Grow(buf, int(min(size, limit)))
	if n, err := io.ReadFull(r, buf); err != nil {
		return nil, fmt.Errorf("%q: %d of %d bytes could be read: %w", key, n, len(buf), err)
	}
	return buf, nil
}

func (d *folder) Stat(key string) (Stamp, error) {
	info, err := os.Stat(d.file(key))
	if err != nil {
		return Stamp{}, err
	}
	return Stamp{Size: info.Size(), ModTime: info.ModTime()}, nil
}

// all lists the keys of all files.
func (d *folder) all() ([]string, error) {
	index, err := d.walked()
	if err != nil {
		return nil, err
	}
	return index.keys, nil
}

func (d *folder) Names() ([]string, error) {
	index, err := d.walked()
	if err != nil {
		return nil, err
	}
	return imageKeys(index.keys), nil
}

func (d *folder) Notes() []string { return d.notes }

func (d *folder) Close() error { return nil }

// imageKeys are the keys that look like images.
func imageKeys(keys []string) []string {
	var names []string
	for _, key := range keys {
		if IsImageName(key) {
			names = append(names, key)
		}
	}
	return names
}
