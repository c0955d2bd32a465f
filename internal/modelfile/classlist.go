package modelfile

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/count"
	"csl/internal/jsonscan"
	"csl/internal/labels"
	"csl/internal/textio"
)

// ReadClasses reads a file of n class names in the order of the outputs: one per line; a number or an id (an Open
// Images MID, a WordNet synset) and a name per line, parted by a comma, a tab or, behind a number, a space; a JSON list
// of names or an object of names by number. A header is allowed. Numbered names go by their numbers.
func ReadClasses(ctx context.Context, path string, n int, encoding string) ([]checkpoint.Class, error) {
	text, err := textio.ReadAll(ctx, path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return nil, fmt.Errorf("read classes: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("read classes %q: the file is empty", path)
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

// parseClasses reads the text of a class list of n names.
func parseClasses(text string, n int) ([]checkpoint.Class, error) {
	if start := strings.TrimSpace(text); strings.HasPrefix(start, "[") || strings.HasPrefix(start, "{") {
		return parseJSON(text)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	for _, split := range []func(line string) (id, name string, ok bool){splitCSV, splitTab, splitNumber} {
		if rows, ok := splitAll(lines, split); ok {
			return sortNumbered(rows), nil
		}
	}
	if len(lines) == n+1 && slices.Contains([]string{"name", "names", "class", "classes", "label", "labels", "class_name"}, strings.ToLower(lines[0])) {
		lines = lines[1:]
	}
	var classes []checkpoint.Class
	for _, line := range lines {
		classes = append(classes, checkpoint.Class{Name: unquoted(line)})
	}
	return classes, nil
}

// isID recognizes numbers, Open Images MIDs and WordNet synsets.
var isID = regexp.MustCompile(`^(\d+|/[a-z]/\w+|n\d{8})$`)

// splitAll takes every line apart, but for a header, if all have an id and no id twice.
func splitAll(lines []string, split func(line string) (id, name string, ok bool)) (rows []checkpoint.Class, ok bool) {
	headed := false
	seen := map[string]bool{}
	for i, line := range lines {
		id, name, ok := split(line)
		if i == 0 && ok && isHeader(id, name) {
			headed = true
			continue
		}
		if !ok || name == "" || seen[id] || !headed && !isID.MatchString(id) {
			return nil, false
		}
		seen[id] = true
		rows = append(rows, checkpoint.Class{ID: id, Name: labels.ClassName(name)})
	}
	return rows, len(rows) > 0
}

// splitCSV parts id,name.
func splitCSV(line string) (id, name string, ok bool) {
	r := csv.NewReader(strings.NewReader(line))
	r.TrimLeadingSpace = true
	rec, err := r.Read()
	if err != nil || len(rec) != 2 {
		return "", "", false
	}
	return strings.TrimSpace(rec[0]), rec[1], true
}

// splitTab parts id and name at a tab.
func splitTab(line string) (id, name string, ok bool) {
	id, name, ok = strings.Cut(line, "\t")
	return strings.TrimSpace(id), unquoted(strings.TrimSpace(name)), ok
}

// splitNumber parts a number, with a colon, a point or nothing behind it, from a name.
func splitNumber(line string) (id, name string, ok bool) {
	id, name, ok = strings.Cut(line, " ")
	if id = strings.TrimRight(id, ":."); !ok {
		return "", "", false
	}
	if _, err := strconv.ParseUint(id, 10, 32); err != nil {
		return "", "", false
	}
	return id, unquoted(strings.TrimSpace(name)), true
}

// unquoted is a line without quotes around it as a CSV writer puts them.
func unquoted(line string) string {
	if strings.HasPrefix(line, `"`) {
		r := csv.NewReader(strings.NewReader(line))
		if rec, err := r.Read(); err == nil && len(rec) == 1 {
			if _, err := r.Read(); errors.Is(err, io.EOF) {
				return labels.ClassName(rec[0])
			}
		}
	}
	return labels.ClassName(line)
}

// isHeader tells a first row of column names from a class.
func isHeader(id, name string) bool {
	return slices.Contains([]string{"id", "category_id", "class_id", "index", "labelname", "mid", "number"}, strings.ToLower(id)) &&
		slices.Contains([]string{"name", "class", "class_name", "displayname", "description", "category", "label"}, strings.ToLower(name))
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

// parseJSON reads a list of names, or an object of names by number.
func parseJSON(text string) (rows []checkpoint.Class, err error) {
	s := jsonscan.New(strings.NewReader(text))
	add := func(id string) error {
		name, kind, err := s.Scalar()
		if err == nil && (kind != jsonscan.Text || strings.TrimSpace(name) == "") {
			err = fmt.Errorf("class %d is %s, want a name in quotes", len(rows), kind)
		}
		rows = append(rows, checkpoint.Class{ID: id, Name: labels.ClassName(name)})
		return err
	}
	kind, err := s.Kind()
	switch {
	case err != nil:
		return nil, textio.CutShort(err)
	case kind == jsonscan.List:
		err = s.List(func() error { return add("") })
	default:
		err = s.Object(func(key string) error {
			if _, err := strconv.ParseUint(key, 10, 32); err != nil {
				return fmt.Errorf("key %q is not the number of a class: want a list of names or an object of names by number", key)
			}
			return add(key)
		})
	}
	if err != nil {
		return nil, textio.CutShort(err)
	}
	if done, err := s.AtEnd(); err != nil || !done {
		return nil, errors.Join(errors.New("there is more behind the JSON value"), err)
	}
	return sortNumbered(rows), nil
}
