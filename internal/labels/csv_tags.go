package labels

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"csl/internal/textio"
)

// tagTable is a table of images with the labels that are present and, in a column of their own, those that are absent;
// nothing is said of others.
type tagTable struct {
	gatherer
	csvLayout                   // label is -1 where all columns but the image's hold labels
	ids       *openImagesLabels // resolves the ids of class descriptions; nil without them
	parts     []string          // part of each image, where the table has a column of them
}

// readTags reads such a table. first is the first row, which names the columns or, if l.label is -1, is
// a row like all others.
func readTags(ctx context.Context, r *rowReader, first []string, l csvLayout, o Options, list *classList, rep *Report) (*Set, error) {
	t := tagTable{gatherer: gatherer{list: list, rep: rep}, csvLayout: l}
	if o.ClassDescriptions != "" {
		var err error
		if t.ids, err = newOpenImagesLabels(ctx, o, list, rep); err != nil {
			return nil, err
		}
	}
	wrong := faults{most: o.MaxErrors}
	width := len(first)
	rec, line, err := first, 1, error(nil)
	if l.label >= 0 {
		rec, err = r.ReadStrings()
	}
	for ; !errors.Is(err, io.EOF); rec, err = r.ReadStrings() {
		if err != nil {
			return nil, wrong.with(textio.CSVError(err))
		}
		if isBlank(rec) {
			continue
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
	if t.ids == nil || t.ids.described == nil {
		t.sortClasses()
	}
	set, err := t.set(Unknown)
	if err != nil || t.split < 0 {
		return set, err
	}
	return ofSplit(set, t.parts, first[t.split], o.Split, rep)
}

func (t *tagTable) row(rec []string, line int) error {
	if t.image >= len(rec) || rec[t.image] == "" {
		return errors.New("empty image name")
	}
	row, _ := t.builder.Image(rec[t.image])
	if t.split >= 0 {
		part := splitName(rec[t.split])
		if part == "" {
			return fmt.Errorf("split %q: want train, val or test", clip(rec[t.split]))
		}
		for len(t.parts) <= row {
			t.parts = append(t.parts, "")
		}
		if before := t.parts[row]; before != "" && before != part {
			return fmt.Errorf("image %q is in %s and in %s", clip(rec[t.image]), before, part)
		}
		t.parts[row] = part
	}
	where := fmt.Sprintf("line %d", line)
	for i, cell := range rec {
		state := Positive
		switch {
		case i == t.negative:
			state = Negative
		case i == t.image, t.label >= 0 && i != t.label:
			continue
		}
		for _, tag := range splitTags(cell) {
			if err := t.state(row, tag, state, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// state states one cell, whose label is an id where there are class descriptions.
func (t *tagTable) state(row int, tag string, s State, where string) error {
	if t.ids == nil {
		return t.add(row, tag, s, where)
	}
	class, err := t.ids.column([]byte(tag))
	if errors.Is(err, errSkip) {
		t.rep.add(OtherClasses, func() string { return fmt.Sprintf("%s %q", where, clip(tag)) })
		return nil
	}
	if err == nil {
		t.builder.Add(row, class, s)
	}
	return err
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
