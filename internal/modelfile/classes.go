package modelfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"csl/internal/checkpoint"
	"csl/internal/count"
)

// maxClassFile is the largest file of class names that is read, in bytes.
const maxClassFile = 64 << 20

// settleClasses settles what the outputs of a checkpoint are called: by the file of class names, if given,
// else by the checkpoint; Open Images MIDs get their names from the file of descriptions, if given.
// The result is nil where nothing names the classes.
func settleClasses(path string, sd *checkpoint.StateDict, file, descriptions string) (classes []checkpoint.Class, warnings []string, err error) {
	n := sd.Spec.NumClasses
	classes = slices.Clone(sd.Classes())
	if len(classes) > 0 && len(classes) != n {
		warnings = append(warnings, fmt.Sprintf("checkpoint %q names %s, but has %s: its names are not used", path, count.Of(len(classes), "class"), count.Of(n, "output")))
		classes = nil
	}
	if file != "" {
		given, err := ReadClasses(file, n)
		if err != nil {
			return nil, nil, err
		}
		if classes != nil && !sameNames(classes, given) {
			warnings = append(warnings, fmt.Sprintf("the names of %q are used instead of the checkpoint's, which differ", file))
		}
		classes = given
	}
	if descriptions == "" {
		return classes, warnings, nil
	}
	if classes == nil {
		return nil, append(warnings, fmt.Sprintf("%q is not used: no class has a name that it could describe", descriptions)), nil
	}
	described, err := readDescriptions(descriptions)
	if err != nil {
		return nil, nil, err
	}
	missing, first := describe(classes, described)
	if missing > 0 {
		warnings = append(warnings, fmt.Sprintf("%q has no description of %d of the %d classes, such as %q", descriptions, missing, n, first))
	}
	return classes, warnings, nil
}

// describe gives classes that are MIDs their names, and counts those that stay MIDs.
func describe(classes []checkpoint.Class, described map[string]string) (missing int, first string) {
	for i, c := range classes {
		mid := c.ID
		if mid == "" {
			mid = c.Name
		}
		name, ok := described[mid]
		switch {
		case ok:
			classes[i] = checkpoint.Class{ID: mid, Name: name}
		case missing == 0:
			first = mid
			fallthrough
		default:
			missing++
		}
	}
	return missing, first
}

func sameNames(a, b []checkpoint.Class) bool {
	return slices.EqualFunc(a, b, func(a, b checkpoint.Class) bool { return a.Name == b.Name })
}

// ReadClasses reads a file of n class names in the order of the outputs: one per line, or CSV id,name
// (a header is allowed). Where all ids are numbers, ascending ids are the order.
func ReadClasses(path string, n int) ([]checkpoint.Class, error) {
	text, err := readText(path)
	if err != nil {
		return nil, fmt.Errorf("read classes: %w", err)
	}
	classes, err := parseClasses(text, n)
	if err != nil {
		return nil, fmt.Errorf("read classes %q: %w", path, err)
	}
	if len(classes) != n {
		return nil, fmt.Errorf("read classes %q: it names %s, but the checkpoint has %s", path, count.Of(len(classes), "class"), count.Of(n, "output"))
	}
	seen := map[string]int{}
	for i, c := range classes {
		if j, twice := seen[c.Name]; twice && c.ID == "" {
			return nil, fmt.Errorf("read classes %q: classes %d and %d are both called %q", path, j, i, c.Name)
		}
		seen[c.Name] = i
	}
	return classes, nil
}

// parseClasses takes the text as id,name rows if it is that throughout, else as one name per line.
func parseClasses(text string, n int) ([]checkpoint.Class, error) {
	if rows, ok := pairs(text); ok {
		if len(rows) == n+1 || isHeader(rows[0]) {
			rows = rows[1:]
		}
		return sortNumbered(rows), nil
	}
	var classes []checkpoint.Class
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			classes = append(classes, checkpoint.Class{Name: line})
		}
	}
	return classes, nil
}

// pairs reads CSV of two columns, the first one without repetitions; ok is false if it is anything
// else.
func pairs(text string) (rows []checkpoint.Class, ok bool) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = 2
	r.TrimLeadingSpace = true
	seen := map[string]bool{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, len(rows) > 0
		}
		if err != nil || rec[1] == "" || seen[rec[0]] {
			return nil, false
		}
		seen[rec[0]] = true
		rows = append(rows, checkpoint.Class{ID: rec[0], Name: strings.TrimSpace(rec[1])})
	}
}

// isHeader tells a first row of column names from a class.
func isHeader(c checkpoint.Class) bool {
	id, name := strings.ToLower(c.ID), strings.ToLower(c.Name)
	return slices.Contains([]string{"id", "category_id", "index", "labelname", "mid"}, id) &&
		slices.Contains([]string{"name", "class", "displayname", "description", "category"}, name)
}

// sortNumbered sorts rows by id where all ids are numbers.
func sortNumbered(rows []checkpoint.Class) []checkpoint.Class {
	number := make(map[string]int, len(rows))
	for _, c := range rows {
		v, err := strconv.Atoi(c.ID)
		if err != nil {
			return rows
		}
		number[c.ID] = v
	}
	slices.SortStableFunc(rows, func(a, b checkpoint.Class) int { return number[a.ID] - number[b.ID] })
	return rows
}

// readDescriptions reads the official CSV of Open Images, LabelName,DisplayName, with or without
// header.
func readDescriptions(path string) (map[string]string, error) {
	text, err := readText(path)
	if err != nil {
		return nil, fmt.Errorf("read class descriptions: %w", err)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	names := map[string]string{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read class descriptions %q: %w", path, err)
		}
		if len(rec) != 2 {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("read class descriptions %q line %d: %s, want MID,name", path, line, count.Of(len(rec), "field"))
		}
		names[rec[0]] = rec[1]
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("read class descriptions %q: it is empty", path)
	}
	return names, nil
}

// readText reads a whole text file, without its byte order mark.
func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxClassFile+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > maxClassFile:
		return "", fmt.Errorf("%q has more than %d bytes", path, maxClassFile)
	case bytes.HasPrefix(data, []byte("version https://git-lfs")):
		return "", fmt.Errorf("%q is a Git LFS pointer: run git lfs pull where it came from", path)
	case bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data):
		return "", fmt.Errorf("%q is no text in UTF-8", path)
	}
	return strings.TrimPrefix(string(data), "\ufeff"), nil
}
