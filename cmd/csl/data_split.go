package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"csl/internal/count"
	"csl/internal/labels"
)

// writeParts splits the set and writes a file for each part.
func (o *convertOptions) writeParts(set *labels.Set, to labels.Format) error {
	files, err := partFiles(o.out, len(o.split))
	if err != nil {
		return err
	}
	parts, err := set.Stratify(o.split, o.seed)
	if err != nil {
		return err
	}
	for p, part := range parts {
		if err := writeLabels(o.streams, part, to, files[p]); err != nil {
			return err
		}
	}
	if rare := onOneSide(set, parts); len(rare) > 0 {
		o.log().Warn(fmt.Sprintf("%s with too few images to be present in each part, such as %s", count.Of(len(rare), "class"), shown(rare[0])))
	}
	return nil
}

// partFiles are the files of n parts: those that are listed, or numbered ones.
func partFiles(out string, n int) ([]string, error) {
	files := strings.Split(out, ",")
	if len(files) == 1 {
		files = nil
		ext := filepath.Ext(out)
		for p := range n {
			files = append(files, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(out, ext), p+1, ext))
		}
	}
	seen := map[string]bool{}
	for _, f := range files {
		if f == "" || seen[filepath.Clean(f)] {
			return nil, usagef("--out %q: want different files", out)
		}
		seen[filepath.Clean(f)] = true
	}
	if len(files) != n {
		return nil, usagef("--out %q names %s for %s of --split", out, count.Of(len(files), "file"), count.Of(n, "part"))
	}
	return files, nil
}

// onOneSide are the names of classes that are present somewhere, but not in each part.
func onOneSide(set *labels.Set, parts []*labels.Set) []string {
	least := set.Stats().Classes
	missing := make([]bool, len(least))
	for _, part := range parts {
		for class, c := range part.Stats().Classes {
			missing[class] = missing[class] || c.Positives == 0
		}
	}
	var names []string
	for class, c := range least {
		if c.Positives > 0 && missing[class] {
			names = append(names, set.Classes[class].Name)
		}
	}
	return names
}
