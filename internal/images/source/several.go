package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// several are folders and tar archives that are used as one. Keys are those of the parts; a key that two parts have is
// an error when it is resolved.
type several struct{ parts []Source }

// mostParts is how many folders and archives one root may name.
const mostParts = 10000

// roots are the folders and archives that a root names which is not a path itself: several paths with commas between
// them, each of which may be a pattern (shard-*.tar) or have a range of numbers (shard-{000..009}.tar).
func roots(root string) ([]string, error) {
	var all []string
	for _, piece := range strings.Split(root, ",") {
		expanded, err := numbered(strings.TrimSpace(piece))
		if err != nil {
			return nil, err
		}
		for _, p := range expanded {
			found := []string{p}
			if strings.ContainsAny(p, "*?[") {
				if found, err = filepath.Glob(p); err != nil || len(found) == 0 {
					return nil, fmt.Errorf("%q: no file or folder of this pattern", p)
				}
			}
			all = append(all, found...)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > mostParts {
		return nil, fmt.Errorf("%q names %d files and folders: want at most %d", root, len(all), mostParts)
	}
	return all, nil
}

// numbered expands the first {from..to} of a path, with as many digits as from has.
func numbered(p string) ([]string, error) {
	before, rest, open := strings.Cut(p, "{")
	inside, after, closed := strings.Cut(rest, "}")
	from, to, isRange := strings.Cut(inside, "..")
	if !open || !closed || !isRange {
		return []string{p}, nil
	}
	a, errA := strconv.Atoi(from)
	b, errB := strconv.Atoi(to)
	if errA != nil || errB != nil || a < 0 || b < a || b-a >= mostParts {
		return nil, fmt.Errorf("%q: {%s} is no range of numbers such as {000..009}", p, inside)
	}
	var out []string
	for n := a; n <= b; n++ {
		out = append(out, fmt.Sprintf("%s%0*d%s", before, len(from), n, after))
	}
	return out, nil
}

// openSeveral opens what a root names that is not a path.
func openSeveral(root string) (Source, error) {
	paths, err := roots(root)
	if err != nil {
		return nil, fmt.Errorf("open images: %w", err)
	}
	if len(paths) == 1 && paths[0] == root {
		_, err := os.Stat(root)
		return nil, fmt.Errorf("open images: %w", err)
	}
	s := &several{}
	for _, p := range paths {
		part, err := openOne(p)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.parts = append(s.parts, part)
	}
	return s, nil
}

// Resolve asks each part; a file in two of them is an error.
func (s *several) Resolve(name string) (key string, err error) {
	found := false
	var first error
	for _, p := range s.parts {
		k, err := p.Resolve(name)
		switch {
		case err == nil && found:
			return "", fmt.Errorf("image %q is in two of the %d folders or archives", name, len(s.parts))
		case err == nil:
			key, found = k, true
		case first == nil:
			first = err
		}
	}
	if !found {
		return "", fmt.Errorf("in none of %d folders or archives; in the first: %w", len(s.parts), first)
	}
	return key, nil
}

// of is the part that has a key.
func (s *several) of(key string) (Source, error) {
	var first error
	for _, p := range s.parts {
		_, err := p.Stat(key)
		if err == nil {
			return p, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (s *several) ReadFile(key string, buf []byte) ([]byte, error) {
	p, err := s.of(key)
	if err != nil {
		return buf, err
	}
	return p.ReadFile(key, buf)
}

func (s *several) ReadHead(key string, n int) ([]byte, error) {
	p, err := s.of(key)
	if err != nil {
		return nil, err
	}
	return p.ReadHead(key, n)
}

func (s *several) Stat(key string) (Stamp, error) {
	p, err := s.of(key)
	if err != nil {
		return Stamp{}, err
	}
	return p.Stat(key)
}

// Names are those of all parts; a key that two have is an error.
func (s *several) Names() ([]string, error) {
	var all []string
	for _, p := range s.parts {
		names, err := p.Names()
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	slices.Sort(all)
	for i, name := range all {
		if i > 0 && all[i-1] == name {
			return nil, fmt.Errorf("image %q is in two of the %d folders or archives", name, len(s.parts))
		}
	}
	return all, nil
}

func (s *several) Notes() (all []string) {
	for _, p := range s.parts {
		all = append(all, p.Notes()...)
	}
	return all
}

func (s *several) Close() error {
	var errs []error
	for _, p := range s.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}
