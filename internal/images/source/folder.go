package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"csl/internal/images"
)

// folder is a Source of files below a folder. Links are followed, also those that lead out of it:
// people link data sets together. Names that lead out of it are not.
type folder struct {
	root string

	once  sync.Once
	index *baseIndex
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
		keys, d.err = walk(d.root)
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
	f, err := os.Open(d.file(key))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", d.file(key))
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

func (d *folder) Names() ([]string, error) {
	index, err := d.walked()
	if err != nil {
		return nil, err
	}
	return imageKeys(index.keys), nil
}

func (d *folder) Close() error { return nil }

// imageKeys are the keys that look like images.
func imageKeys(keys []string) []string {
	var names []string
	for _, key := range keys {
		if isImageName(key) {
			names = append(names, key)
		}
	}
	return names
}

// walk lists the files below root as slash-separated paths, following links to folders, each real
// folder once per branch so that a loop of links ends. Folders that may not be read are an error.
func walk(root string) ([]string, error) {
	var keys []string
	var visit func(prefix string, above []fs.FileInfo) error
	visit = func(prefix string, above []fs.FileInfo) error {
		dir := filepath.Join(root, filepath.FromSlash(prefix))
		here, err := os.Stat(dir)
		if err != nil {
			return err
		}
		for _, a := range above {
			if os.SameFile(a, here) {
				return nil
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			key, kind := path.Join(prefix, e.Name()), e.Type()
			if kind&fs.ModeSymlink != 0 {
				info, err := os.Stat(filepath.Join(dir, e.Name()))
				if err != nil {
					continue // a dangling link is no file
				}
				kind = info.Mode().Type()
			}
			switch {
			case kind.IsDir():
				if err := visit(key, append(above[:len(above):len(above)], here)); err != nil {
					return err
				}
			case kind.IsRegular():
				keys = append(keys, key)
			}
		}
		return nil
	}
	if err := visit("", nil); err != nil {
		return nil, fmt.Errorf("list the files below %q: %w", root, err)
	}
	return keys, nil
}
