package source

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"csl/internal/regular"
)

// Source is where image files are: a folder, a tar archive, or several of them. Its methods may be called from
// several goroutines.
//
// A file within it is known by its key: the slash-separated path below the root.
type Source interface {
	// Resolve finds the key of an image by the name that a label file gives it: the path below the
	// root, or else the base name, anywhere below the root, if it is unique there. A name without
	// extension is also tried with .jpg, .jpeg and .png. The error for a name that is not found, or
	// found twice, says what was tried. Unicode forms, spaces around the name, URL escapes and the case of the extension
	// of a name without one do not matter.
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
	// Notes says what was skipped where files had to be listed, and why, a line each: links to folders that are
	// listed already, pipes, devices. It must not be called at the same time as other methods.
	Notes() []string
	// Close ends the use of the source.
	Close() error
}

// Stamp tells whether a file is the one seen earlier.
type Stamp struct {
	Size    int64     // in bytes
	ModTime time.Time // time of the last modification
}

// maxFile is the largest image file read, in bytes: a bound on memory, far above real images.
const maxFile = 1 << 30

// Open opens a folder, a tar archive, or several of them (see [Roots]). The index of a tar is made at once. A file system that does not answer does not
// keep it from ending with ctx.
func Open(ctx context.Context, root string) (Source, error) {
	return regular.Wait(ctx, func() (Source, error) { return open(root) }, func(s Source) { _ = s.Close() })
}

func open(root string) (Source, error) {
	roots, err := Roots(root)
	if err != nil {
		return nil, err
	}
	if len(roots) > 1 {
		return openSeveral(roots)
	}
	return openOne(roots[0])
}

// openOne opens one folder or archive.
func openOne(root string) (lister, error) {
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
var guessed = []string{".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}

// imageExtensions are those that Names lists: formats that are read, and formats that people take
// for images and should hear about.
var imageExtensions = []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jp2", ".jxl"}

// IsImageName tells by the extension whether a file looks like an image, also of a kind that is not read. Hidden files, which
// macOS leaves beside images, do not.
func IsImageName(name string) bool {
	base := path.Base(name)
	return !strings.HasPrefix(base, ".") && slices.Contains(imageExtensions, strings.ToLower(path.Ext(base)))
}

// spellings are the ways in which a name may be written on disk: as it is, without spaces around it, in either Unicode
// form (file systems keep é as one character or as two), and with the escapes of a URL undone.
func spellings(name string) []string {
	all := []string{name}
	add := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	add(strings.TrimSpace(name))
	if plain, err := url.PathUnescape(name); err == nil && utf8.ValidString(plain) {
		add(plain)
	}
	for _, s := range all {
		if !isASCII(s) {
			add(norm.NFC.String(s))
			add(norm.NFD.String(s))
		}
	}
	return all
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// candidates are the names to try for a name: its spellings, and with extensions where it has none. A dot
// may be part of a name without extension, so only known extensions count.
func candidates(name string) []string {
	var all []string
	for _, s := range spellings(name) {
		all = append(all, s)
		if slices.Contains(imageExtensions, strings.ToLower(path.Ext(s))) {
			continue
		}
		for _, ext := range guessed {
			all = append(all, s+ext)
		}
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
	for _, c := range candidates(path.Base(slashed)) {
		first, second, n := byBase.find(c)
		if n == 1 {
			return first, nil
		}
		if n > 1 {
			return "", fmt.Errorf("image %q: %d files of that name below %q, among them %q and %q", name, n, root, first, second)
		}
	}
	hint := ""
	if key, ok := byBase.otherCase(path.Base(slashed)); ok {
		hint = fmt.Sprintf("; upper and lower case count: there is %q", key)
	}
	return "", fmt.Errorf("image %q: %w: no such path below %q, and no file called %s in its folders%s",
		name, fs.ErrNotExist, root, tried(path.Base(slashed)), hint)
}

// tried says what a base name was taken for.
func tried(base string) string {
	if slices.Contains(imageExtensions, strings.ToLower(path.Ext(base))) {
		return base
	}
	return base + " or " + base + " with .jpg, .jpeg or .png behind it"
}

// baseIndex finds keys by base name.
type baseIndex struct {
	keys  []string
	first map[string]int32   // index of the first key whose base name folds to this
	more  map[string][]int32 // and of the others

	lowerOnce sync.Once
	lower     map[string]int32 // index of a key by its base name in lower case
}

// otherCase is a key whose base name differs from this one in upper and lower case only.
func (x *baseIndex) otherCase(base string) (key string, ok bool) {
	x.lowerOnce.Do(func() {
		x.lower = make(map[string]int32, len(x.keys))
		for i, key := range x.keys {
			x.lower[strings.ToLower(fold(path.Base(key)))] = int32(i)
		}
	})
	for _, c := range candidates(base) {
		if i, ok := x.lower[strings.ToLower(fold(c))]; ok {
			return x.keys[i], true
		}
	}
	return "", false
}

// fold is a base name without what file systems and programs change: the Unicode form and the case of the extension.
func fold(base string) string {
	if !isASCII(base) {
		base = norm.NFC.String(base)
	}
	ext := path.Ext(base)
	return base[:len(base)-len(ext)] + strings.ToLower(ext)
}

// newBaseIndex indexes keys, which are in ascending order.
func newBaseIndex(keys []string) *baseIndex {
	x := &baseIndex{keys: keys, first: make(map[string]int32, len(keys)), more: map[string][]int32{}}
	for i, key := range keys {
		base := fold(path.Base(key))
		if _, ok := x.first[base]; ok {
			x.more[base] = append(x.more[base], int32(i))
		} else {
			x.first[base] = int32(i)
		}
	}
	return x
}

// find returns the number of keys with a base name and the first two. Names that differ in what fold removes count
// only where none is the same.
func (x *baseIndex) find(base string) (first, second string, n int) {
	i, ok := x.first[fold(base)]
	if !ok {
		return "", "", 0
	}
	var same, alike []string
	for _, i := range append([]int32{i}, x.more[fold(base)]...) {
		alike = append(alike, x.keys[i])
		if path.Base(x.keys[i]) == base {
			same = append(same, x.keys[i])
		}
	}
	if len(same) == 0 {
		same = alike
	}
	if len(same) > 1 {
		second = same[1]
	}
	return same[0], second, len(same)
}
