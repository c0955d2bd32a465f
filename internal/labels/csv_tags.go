package labels

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// tagTable is a table of images with their labels, all of them present; nothing is said of others.
type tagTable struct {
	gatherer
	image, label int // columns; label is -1 where all columns but the image's hold labels
}

// readTags reads such a table. first is the first row, which names the columns or, if l.label is -1, is
// a row like all others.
func readTags(r *rowReader, first []string, l csvLayout, o Options, list *classList, rep *Report) (*Set, error) {
	t := tagTable{gatherer: gatherer{list: list, rep: rep}, image: l.image, label: l.label}
	wrong := faults{most: o.MaxErrors}
	width := len(first)
	rec, line, err := first, 1, error(nil)
	if l.label >= 0 {
		rec, err = r.ReadStrings()
	}
	for ; !errors.Is(err, io.EOF); rec, err = r.ReadStrings() {
		if err != nil {
			return nil, wrong.with(csvError(err))
		}
		if line = r.Line(); l.label >= 0 && len(rec) != width {
			err = fmt.Errorf("%d fields, want %d", len(rec), width)
		} else {
			err = t.row(rec, line)
		}
		if err != nil {
			err = wrong.note(fmt.Errorf("line %d: %w", line, err))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	t.sortClasses()
	return t.set(Unknown)
}

func (t *tagTable) row(rec []string, line int) error {
	if t.image >= len(rec) || rec[t.image] == "" {
		return errors.New("empty image name")
	}
	row, _ := t.builder.Image(rec[t.image])
	where := fmt.Sprintf("line %d", line)
	for i, cell := range rec {
		if i == t.image || t.label >= 0 && i != t.label {
			continue
		}
		for _, tag := range splitTags(cell) {
			if err := t.add(row, tag, Positive, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// splitTags parts the labels in one cell: at |, ; and commas, or at spaces between whole numbers.
// A list as Python prints it loses its brackets and quotes.
func splitTags(cell string) []string {
	cell = strings.TrimSpace(cell)
	listed := strings.HasPrefix(cell, "[") && strings.HasSuffix(cell, "]")
	if listed {
		cell = cell[1 : len(cell)-1]
	}
	pieces := strings.FieldsFunc(cell, func(r rune) bool { return r == '|' || r == ';' || r == ',' })
	if numbers := strings.Fields(cell); len(pieces) == 1 && allDigits(numbers) {
		pieces = numbers
	}
	var tags []string
	for _, p := range pieces {
		if p = strings.TrimSpace(p); listed {
			p = strings.Trim(p, `'"`)
		}
		if p != "" {
			tags = append(tags, p)
		}
	}
	return tags
}

func allDigits(words []string) bool {
	for _, w := range words {
		for _, c := range w {
			if c < '0' || c > '9' {
				return false
			}
		}
	}
	return true
}
