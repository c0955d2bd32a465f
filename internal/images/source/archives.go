package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Archives are tar archives whose files are known by paths that go on inside them: "photos.tar/a/b.jpg". A nil
// Archives has none. Once all are added, its methods may be called from several goroutines.
type Archives struct{ open map[string]Source }

// IsArchive tells by the name whether a path is that of an archive, also of a kind that Add refuses and says how to
// unpack.
func IsArchive(path string) bool {
	name := strings.ToLower(path)
	for _, ext := range []string{".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// Add opens an archive and lists the paths of the images in it, by name.
func (a *Archives) Add(ctx context.Context, path string) (paths []string, err error) {
	src := a.open[path]
	if src == nil {
		if src, err = Open(ctx, path); err != nil {
			return nil, err
		}
		if a.open == nil {
			a.open = map[string]Source{}
		}
		a.open[path] = src
	}
	names, err := src.Names()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("tar archive %q: no file has an image's extension", path)
	}
	for _, name := range names {
		paths = append(paths, path+"/"+name)
	}
	return paths, nil
}

// ReadFile reads a file in one of the archives, as [Source] does; found tells whether its path leads into one.
func (a *Archives) ReadFile(path string, buf []byte) (data []byte, found bool, err error) {
	if a == nil {
		return buf, false, nil
	}
	for archive, src := range a.open {
		if key, ok := strings.CutPrefix(path, archive+"/"); ok {
			data, err = src.ReadFile(filepath.ToSlash(key), buf)
			if !errors.Is(err, fs.ErrNotExist) {
				return data, true, err
			}
		}
	}
	return buf, false, nil
}

// Close closes the archives.
func (a *Archives) Close() error {
	if a == nil {
		return nil
	}
	var errs []error
	for _, src := range a.open {
		errs = append(errs, src.Close())
	}
	return errors.Join(errs...)
}
