package source

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Source is where image files are: a folder or a tar archive. Its methods may be called from
// several goroutines.
//
// A file within it is known by its key: the slash-separated path below the root.
type Source interface {
	// Resolve finds the key of an image by the name that a label file gives it: the path below the
	// root, or else the base name, anywhere below the root, if it is unique there. A name without
	// extension is also tried with .jpg, .jpeg and .png. The error for a name that is not found, or
	// found twice, says what was tried.
	Resolve(name string) (key string, err error)
	// ReadFile reads a whole file. The result is in the memory of buf where that is large enough;
	// buf may be nil.
	ReadFile(key string, buf []byte) ([]byte, error)
	// ReadHead reads the first n bytes of a file, or all of a shorter one.
	ReadHead(key string, n int) ([]byte, error)
	// Stat tells what can be told of a file without reading it.
	Stat(key string) (Stamp, error)
	// Names lists the keys of all files with an image's extension, in ascending order.
	Names() ([]string, error)
	// Close ends the use of the source.
	Close() error
}

// Stamp tells whether a file is the one seen earlier.
type Stamp struct {
	Size    int64
	ModTime time.Time
}

// maxFile is the largest image file read, in bytes: a bound on memory, far above real images.
const maxFile = 1 << 30

// Open opens a folder or a tar archive. The index of a tar is made at once.
func Open(root string) (Source, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("open images: %w", err)
	}
	if info.IsDir() {
		return &folder{root: root}, nil
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open images: %q is neither a folder nor a tar archive", root)
	}
	t, err := openTar(root)
	if err != nil {
		return nil, fmt.Errorf("open images: %w", err)
	}
	return t, nil
}

// extensions that a name without one is tried with, in this order.
var guessed = []string{".jpg", ".jpeg", ".png"}

// imageExtensions are those that Names lists: formats that are read, and formats that people take
// for images and should hear about.
var imageExtensions = []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jp2", ".jxl"}

// isImageName tells by the extension whether a file looks like an image. Hidden files, which
// macOS leaves beside images, do not.
func isImageName(name string) bool {
	base := path.Base(name)
	return !strings.HasPrefix(base, ".") && slices.Contains(imageExtensions, strings.ToLower(path.Ext(base)))
}

// candidates are the names to try for a name: itself, and with extensions where it has none. A dot
// may be part of a name without extension, so only known extensions count.
func candidates(name string) []string {
	if slices.Contains(imageExtensions, strings.ToLower(path.Ext(name))) {
		return []string{name}
	}
	all := []string{name}
	for _, ext := range guessed {
		all = append(all, name+ext)
	}
	return all
}

// resolve implements Source.Resolve on a test for a key and an index of base names.
func resolve(name, root string, has func(key string) bool, index func() (*baseIndex, error)) (string, error) {
	slashed := path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if name == "" || slashed == "." || slashed == ".." || strings.HasSuffix(slashed, "/..") {
		return "", fmt.Errorf("image %q: not a name of a file", name)
	}
	for _, c := range candidates(slashed) {
		if filepath.IsLocal(filepath.FromSlash(c)) && has(c) {
			return c, nil
		}
	}
	byBase, err := index()
	if err != nil {
		return "", fmt.Errorf("image %q: %w", name, err)
	}
	tried := candidates(path.Base(slashed))
	for _, c := range tried {
		first, second, n := byBase.find(c)
		if n == 1 {
			return first, nil
		}
		if n > 1 {
			return "", fmt.Errorf("image %q: %d files of that name below %q, among them %q and %q", name, n, root, first, second)
		}
	}
	return "", fmt.Errorf("image %q: %w: no such path below %q, and no file called %s in its folders",
		name, fs.ErrNotExist, root, strings.Join(tried, " or "))
}

// baseIndex finds keys by base name.
type baseIndex struct {
	keys  []string
	first map[string]int32 // index of the first key with that base name
	twice map[string][]int32
}

// newBaseIndex indexes keys, which are in ascending order.
func newBaseIndex(keys []string) *baseIndex {
	x := &baseIndex{keys: keys, first: make(map[string]int32, len(keys)), twice: map[string][]int32{}}
	for i, key := range keys {
		base := path.Base(key)
		if _, ok := x.first[base]; ok {
			x.twice[base] = append(x.twice[base], int32(i))
		} else {
			x.first[base] = int32(i)
		}
	}
	return x
}

// find returns the number of keys with a base name and the first two.
func (x *baseIndex) find(base string) (first, second string, n int) {
	i, ok := x.first[base]
	if !ok {
		return "", "", 0
	}
	more := x.twice[base]
	if len(more) > 0 {
		second = x.keys[more[0]]
	}
	return x.keys[i], second, 1 + len(more)
}
