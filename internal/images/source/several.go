package source

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// several is a Source of the files of several folders and archives. A file's key is that below its root; where two roots
// have the same, the name of the root stands before it.
type several struct {
	roots []string
	names []string // of the roots
	parts []lister

	once  sync.Once
	at    map[string]place
	index *baseIndex
	err   error
}

// lister is a Source that can list all its files.
type lister interface {
	Source
	all() ([]string, error)
}

// place is a file of one of the roots.
type place struct {
	part int
	key  string // below its root
}

func openSeveral(roots []string) (s *several, err error) {
	s = &several{roots: roots}
	if s.names, err = RootNames(roots); err != nil {
		return nil, fmt.Errorf("open images: %w", err)
	}
	for _, root := range roots {
		part, err := openOne(root)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.parts = append(s.parts, part)
	}
	return s, nil
}

// list gives every file its key, once.
func (s *several) list() error {
	s.once.Do(func() {
		count := map[string]int{}
		lists := make([][]string, len(s.parts))
		for i, part := range s.parts {
			if lists[i], s.err = part.all(); s.err != nil {
				return
			}
			for _, key := range lists[i] {
				count[key]++
			}
		}
		s.at = make(map[string]place, len(count))
		var keys []string
		for i, list := range lists {
			for _, key := range list {
				unique := key
				if count[key] > 1 {
					unique = s.names[i] + "/" + key
				}
				s.at[unique] = place{i, key}
				keys = append(keys, unique)
			}
		}
		slices.Sort(keys)
		s.index = newBaseIndex(keys)
	})
	return s.err
}

// find finds a file by its key, or by that with the name of its root before it.
func (s *several) find(key string) (unique string, p place, ok bool) {
	if p, ok = s.at[key]; ok {
		return key, p, true
	}
	for i, name := range s.names {
		rest, below := strings.CutPrefix(key, name+"/")
		if p, ok = s.at[rest]; below && ok && p.part == i {
			return rest, p, true
		}
	}
	return "", place{}, false
}

func (s *several) Resolve(name string) (string, error) {
	if err := s.list(); err != nil {
		return "", fmt.Errorf("image %q: %w", name, err)
	}
	key, err := resolve(name, strings.Join(s.roots, ", "), func(key string) bool {
		_, _, ok := s.find(key)
		return ok
	}, func() (*baseIndex, error) { return s.index, nil })
	if err != nil {
		return "", err
	}
	unique, _, _ := s.find(key)
	return unique, nil
}

// of is the root and the key there of a file.
func (s *several) of(key string) (Source, string, error) {
	if err := s.list(); err != nil {
		return nil, "", err
	}
	_, p, ok := s.find(key)
	if !ok {
		return nil, "", fmt.Errorf("%q: %w", key, fs.ErrNotExist)
	}
	return s.parts[p.part], p.key, nil
}

func (s *several) ReadFile(key string, buf []byte) ([]byte, error) {
	part, below, err := s.of(key)
	if err != nil {
		return nil, err
	}
	return part.ReadFile(below, buf)
}

func (s *several) ReadHead(key string, n int) ([]byte, error) {
	part, below, err := s.of(key)
	if err != nil {
		return nil, err
	}
	return part.ReadHead(below, n)
}

func (s *several) Stat(key string) (Stamp, error) {
	part, below, err := s.of(key)
	if err != nil {
		return Stamp{}, err
	}
	return part.Stat(below)
}

func (s *several) Names() ([]string, error) {
	if err := s.list(); err != nil {
		return nil, err
	}
	return imageKeys(s.index.keys), nil
}

func (s *several) Notes() (notes []string) {
	for _, part := range s.parts {
		notes = append(notes, part.Notes()...)
	}
	return notes
}

func (s *several) Close() error {
	var errs []error
	for _, part := range s.parts {
		errs = append(errs, part.Close())
	}
	return errors.Join(errs...)
}
