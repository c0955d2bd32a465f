package labels

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// csvColumns are the columns of the plain format.
var csvColumns = [...]string{"image", "label", "value"}

// readTable reads a table in one of its layouts, which its first rows tell.
func readTable(text *bufio.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	r := newCSV(text)
	first, err := r.Read()
	if err != nil {
		return nil, csvError(err)
	}
	line, _ := r.FieldPos(0)
	first = slices.Clone(first) // r reuses the slice
	head, _ := text.Peek(sniffed)
	l, err := layoutOf(first, secondRow(head, r.Comma), o.Format, o.Values)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	rep.Format = l.format
	switch l.format {
	case Wide:
		return readWide(r, first, l.image, o, list, rep)
	case Tags:
		return readTags(r, first, l.image, l.label, list, rep)
	}
	return readCSV(r, first, l, o, list, rep)
}

// readCSV reads rows image,label,value.
func readCSV(r *csv.Reader, rec []string, l csvLayout, o Options, list *classList, rep *Report) (*Set, error) {
	t := table{list: list, rep: rep, values: o.Values}
	width := len(rec)
	err := error(nil)
	if l.header {
		rec, err = r.Read()
	}
	for ; !errors.Is(err, io.EOF); rec, err = r.Read() {
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := r.FieldPos(0)
		if len(rec) != width {
			return nil, fmt.Errorf("line %d: %d fields, want %d", line, len(rec), width)
		}
		if err := t.add(line, rec[l.image], rec[l.label], rec[l.value]); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	return t.set()
}

// table gathers rows of a plain CSV with their lines.
type table struct {
	list    *classList
	rep     *Report
	values  Values
	builder Builder
	lines   []uint32 // of each cell of the builder
	count   [3]int   // rows by state, from Unknown on
}

func (t *table) add(line int, image, label, value string) error {
	if image == "" {
		return errors.New("empty image name")
	}
	state, err := t.values.parse(value)
	if err != nil {
		return err
	}
	class, err := t.list.column(label)
	switch {
	case errors.Is(err, errSkip):
		t.rep.add(OtherClasses, func() string { return fmt.Sprintf("line %d %q", line, clip(label)) })
		return nil
	case err != nil:
		return err
	}
	t.count[state+1]++
	if state == Unknown {
		t.rep.add(ExplicitUnknown, nil)
	}
	t.list.seen(class, label)
	row, _ := t.builder.Image(image)
	t.builder.Add(row, class, state)
	t.lines = append(t.lines, uint32(line))
	return nil
}

// set builds. Two different values for one cell are an error that names both
// lines.
func (t *table) set() (*Set, error) {
	var clash error
	rows, cells := t.builder.rows, t.builder.cells
	t.builder.OnConflict = func(image string, class int) {
		if clash == nil {
			clash = t.clash(rows, cells, image, class)
		}
	}
	set, err := t.builder.Build(t.list.classes, Unknown)
	if err != nil {
		return nil, err
	}
	if t.values == CSL && t.count[0] > t.count[1]+t.count[2] {
		t.rep.addN(MostlyUnknown, 1, nil)
	}
	t.rep.addN(DuplicateRows, t.builder.Duplicates, nil)
	t.list.reportAbsent(t.rep)
	return set, clash
}

// clash names the lines that contradict each other.
func (t *table) clash(rows []uint32, cells []cell, image string, class int) error {
	row, _ := t.builder.Image(image)
	first := -1
	for i, c := range cells {
		switch {
		case rows[i] != uint32(row) || c.class() != class:
		case first < 0:
			first = i
		case c != cells[first]:
			return fmt.Errorf("lines %d and %d: image %q, label %q is both %d and %d: keep one", t.lines[first], t.lines[i],
				clip(image), clip(t.list.classes[class].Name), cells[first].state(), c.state())
		}
	}
	return fmt.Errorf("image %q, label %q has two values", clip(image), clip(t.list.classes[class].Name))
}
