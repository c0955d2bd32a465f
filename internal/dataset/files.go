package dataset

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"path"
	"slices"
	"strings"
	"sync"

	"csl/internal/count"
	"csl/internal/images/source"
	"csl/internal/labels"
)

// files makes sure that every image has a file to itself: names that are not paths of files are looked up in other
// spellings and folders, and two of them must not end at one file.
type files struct {
	set *labels.Set

	mu    sync.Mutex
	seed  maphash.Seed
	keys  []keyOf // of the images whose file has another name than they
	moved int     // images named with a folder whose file lies in another one
	name  string  // the first of them in the set
	key   string
	first int

	stamps stamps
}

// keyOf is a digest of the key of a sample's file.
type keyOf struct {
	hash   uint64
	sample int
}

// note takes in the key of a sample's file and what it looks like.
func (f *files) note(sample int, key string, at source.Stamp) {
	name := f.set.ImageName(sample)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stamps.add(name, at)
	if key == name {
		return
	}
	if f.keys == nil {
		f.seed = maphash.MakeSeed()
	}
	f.keys = append(f.keys, keyOf{maphash.String(f.seed, key), sample})
	if elsewhere(name, key) {
		if f.moved++; f.moved == 1 || sample < f.first {
			f.name, f.key, f.first = name, key, sample
		}
	}
}

// elsewhere reports whether an image is named with a folder and its file lies in another one.
func elsewhere(name, key string) bool {
	return strings.Contains(name, "/") && labels.ImageName(path.Dir(key)) != path.Dir(name)
}

// clashes are errors that each name two images of one file.
func (f *files) clashes(src source.Source) (found []error) {
	slices.SortFunc(f.keys, func(a, b keyOf) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.sample, b.sample))
	})
	for i, k := range f.keys {
		key, err := src.Resolve(f.set.ImageName(k.sample))
		if err != nil {
			continue // it is gone by now: loading will say so
		}
		if other, ok := f.set.Find(key); ok && other != k.sample {
			found = append(found, f.clash(k.sample, other, key))
			continue
		}
		if i == 0 || f.keys[i-1].hash != k.hash {
			continue
		}
		before := f.keys[i-1].sample
		if earlier, err := src.Resolve(f.set.ImageName(before)); err == nil && earlier == key {
			found = append(found, f.clash(before, k.sample, key))
		}
	}
	return found
}

// clash is the error of two images of one file.
func (f *files) clash(a, b int, key string) error {
	nameA, nameB := f.set.ImageName(a), f.set.ImageName(b)
	if elsewhere(nameA, key) || elsewhere(nameB, key) {
		if !elsewhere(nameA, key) {
			nameA, nameB = nameB, nameA
		}
		return fmt.Errorf("image %q is missing: the only file of that name, %q, is that of image %q", nameA, key, nameB)
	}
	return fmt.Errorf("images %q and %q are both the file %q: give it one name in the labels", nameA, nameB, key)
}

// String says how many images were found in other folders than named.
func (f *files) String() string {
	return fmt.Sprintf("%s found by base name in another folder than named, such as %q for %q", count.Of(f.moved, "image"), f.key, f.name)
}
