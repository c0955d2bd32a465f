package modelfile

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/labels"
	"csl/internal/similar"
	"csl/internal/textio"
)

// ReadThresholds reads a threshold per class, in the order of classes, from a CSV file of rows
// class,threshold, with or without a header; a class goes by its name or its id. Thresholds are
// scores from 0 to 1. A class that is unknown, appears twice or has no row is an error.
func ReadThresholds(ctx context.Context, path string, classes []checkpoint.Class, encoding string) ([]float32, error) {
	f, err := textio.Open(ctx, path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return nil, fmt.Errorf("read thresholds: %w", err)
	}
	defer f.Close()
	t := thresholds{values: make([]float32, len(classes)), seen: make([]bool, len(classes)), column: map[string]int{}}
	for i, c := range classes {
		t.column[labels.ClassName(c.Name)] = i
	}
	for i, c := range classes {
		if _, isName := t.column[c.ID]; c.ID != "" && !isName {
			t.column[c.ID] = i
		}
	}
	if err := t.read(io.LimitReader(f, textio.MaxSmall)); err != nil {
		return nil, fmt.Errorf("read thresholds %q: %w", path, err)
	}
	missing, first := 0, ""
	for i, seen := range t.seen {
		if !seen {
			if missing++; missing == 1 {
				first = classes[i].Name
			}
		}
	}
	if missing > 0 {
		return nil, fmt.Errorf("read thresholds %q: %d of %d classes have none, such as %q", path, missing, len(classes), first)
	}
	return t.values, nil
}

// thresholds gathers the rows.
type thresholds struct {
	values []float32
	seen   []bool
	column map[string]int // by name and id
}

func (t *thresholds) read(text io.Reader) error {
	first := true
	return textio.EachRow(text, func(line int, row []string) error {
		if len(row) != 2 {
			return fmt.Errorf("line %d: %d fields, want class,threshold", line, len(row))
		}
		isHeader := first && strings.EqualFold(strings.TrimSpace(row[1]), "threshold")
		if first = false; isHeader {
			return nil
		}
		if err := t.row(labels.ClassName(row[0]), strings.TrimSpace(row[1])); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		return nil
	})
}

func (t *thresholds) row(class, value string) error {
	v, err := strconv.ParseFloat(value, 32)
	if err != nil || !(v >= 0 && v <= 1) {
		return fmt.Errorf("threshold %q of class %q: must be a number from 0 to 1", value, class)
	}
	i, ok := t.column[class]
	if !ok {
		var names []string
		for name := range t.column {
			names = append(names, name)
		}
		return fmt.Errorf("the checkpoint has no class %q%s", class, near(class, names))
	}
	if t.seen[i] {
		return fmt.Errorf("class %q appears twice", class)
	}
	t.values[i], t.seen[i] = float32(v), true
	return nil
}

// near is the tail that names the likely meaning of a mistyped name, or nothing.
func near(name string, names []string) string {
	slices.Sort(names) // map order must not choose among equals
	if n := similar.Nearest(name, names); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return ""
}
