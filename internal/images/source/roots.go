package source

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxRoots is how many roots a pattern may name.
const maxRoots = 10000

// Roots are the folders and archives that a root names: what exists under this name, or else a list of roots with the
// system's separator of lists (":", on Windows ";"), each of which may be a pattern as a shell has it (*, ?, [a-z]) or as
// WebDataset has it ({000..012}, {a,b}). They are in the order of the list, those of a pattern in ascending order.
func Roots(root string) ([]string, error) {
	if _, err := os.Stat(root); err == nil || root == "" {
		return []string{root}, nil
	}
	var all []string
	for _, piece := range filepath.SplitList(root) {
		expanded, err := expandBraces(piece)
		if err != nil {
			return nil, fmt.Errorf("images %q: %w", root, err)
		}
		for _, name := range expanded {
			found := []string{name}
			if _, err := os.Stat(name); err != nil && strings.ContainsAny(name, "*?[") {
				if found, err = filepath.Glob(name); err != nil {
					return nil, fmt.Errorf("images %q: pattern %q: %w", root, name, err)
				}
				if len(found) == 0 {
					return nil, fmt.Errorf("images %q: no file or folder matches %q", root, name)
				}
			}
			all = append(all, found...)
		}
	}
	if len(all) > maxRoots {
		return nil, fmt.Errorf("images %q: %d folders and archives; at most %d are read together", root, len(all), maxRoots)
	}
	return all, nil
}

// expandBraces replaces {a,b} and {000..012} by each of their values, the leftmost slowest.
func expandBraces(pattern string) ([]string, error) {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		return []string{pattern}, nil
	}
	length := strings.IndexByte(pattern[open:], '}')
	if length < 0 {
		return []string{pattern}, nil // a name may hold a brace
	}
	values, err := braceValues(pattern[open+1 : open+length])
	if err != nil {
		return nil, err
	}
	rest, err := expandBraces(pattern[open+length+1:])
	if err != nil {
		return nil, err
	}
	if len(values)*len(rest) > maxRoots {
		return nil, fmt.Errorf("pattern %q has more than %d values", pattern, maxRoots)
	}
	var all []string
	for _, v := range values {
		for _, r := range rest {
			all = append(all, pattern[:open]+v+r)
		}
	}
	return all, nil
}

// braceValues are the values of what stands in braces. Numbers keep the width of the first.
func braceValues(inside string) ([]string, error) {
	m := regexp.MustCompile(`^(\d{1,9})\.\.(\d{1,9})$`).FindStringSubmatch(inside)
	if m == nil {
		return strings.Split(inside, ","), nil
	}
	first, _ := strconv.Atoi(m[1]) // digits, and few
	last, _ := strconv.Atoi(m[2])
	if last < first || last-first >= maxRoots {
		return nil, fmt.Errorf("{%s}: want a range that ascends, of at most %d numbers", inside, maxRoots)
	}
	var all []string
	for i := first; i <= last; i++ {
		all = append(all, fmt.Sprintf("%0*d", len(m[1]), i))
	}
	return all, nil
}

// RootNames are what roots are called before the names of their files where several have a file of one name: each root's
// own name without that of the archive's format, or its whole path where another root has the same name.
func RootNames(roots []string) ([]string, error) {
	names, count := make([]string, len(roots)), map[string]int{}
	for i, root := range roots {
		names[i] = filepath.Base(root)
		if ext := filepath.Ext(names[i]); strings.EqualFold(ext, ".tar") {
			names[i] = strings.TrimSuffix(names[i], ext)
		}
		count[names[i]]++
	}
	for i, root := range roots {
		if count[names[i]] == 1 {
			continue
		}
		if names[i] = filepath.ToSlash(filepath.Clean(root)); slices.Contains(names[:i], names[i]) {
			return nil, fmt.Errorf("%q is named twice", root)
		}
	}
	return names, nil
}

// IsTar tells whether a root is a regular file that begins as a tar archive does.
func IsTar(root string) bool {
	info, err := os.Stat(root)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(root)
	if err != nil {
		return false
	}
	defer f.Close() // only read
	head := make([]byte, 263)
	n, _ := f.ReadAt(head, 0)
	return n == len(head) && slices.Equal(head[257:262], []byte("ustar"))
}
