package labels

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"csl/internal/textio"
)

// csvColumns are the columns of the plain format.
var csvColumns = [...]string{"image", "label", "value"}

// readTable reads a table in one of its layouts, which its first rows tell.
func readTable(ctx context.Context, text *bufio.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	r := newRows(text)
	first, err := r.ReadStrings()
	if err != nil {
		return nil, textio.CSVError(err)
	}
	head, _ := text.Peek(sniffed)
	l, err := layoutOf(first, firstRow(head, rune(r.comma)), o.Format, o.Values)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", r.Line(), err)
	}
	rep.Format = l.format
	switch l.format {
	case Wide:
		return readWide(r, first, l.image, o, list, rep)
	case Tags:
		return readTags(ctx, r, first, l, o, list, rep)
	}
	return readCSV(r, first, l, o, list, rep)
}

// readCSV reads rows image,label,value.
func readCSV(r *rowReader, first []string, l csvLayout, o Options, list *classList, rep *Report) (*Set, error) {
	t := table{list: list, rep: rep, values: o.Values, answers: l.answers}
	t.builder.stated, t.builder.latest = o.stated, l.answers
	width := len(first)
	rec, err := make([][]byte, width), error(nil)
	for i, f := range first {
		rec[i] = []byte(f) // what r gave is gone, as the second row was looked at
	}
	if l.header {
		rec, err = r.Read()
	}
	wrong := faults{most: o.MaxErrors}
	for ; !errors.Is(err, io.EOF); rec, err = r.Read() {
		if err != nil {
			return nil, wrong.with(textio.CSVError(err))
		}
		if isBlank(rec) {
			continue
		}
		if len(rec) != width {
			err = fmt.Errorf("%d fields, want %d", len(rec), width)
		} else {
			err = t.add(r.Line(), rec[l.image], rec[l.label], rec[l.value])
		}
		if err != nil {
			err = wrong.note(fmt.Errorf("line %d: %w", r.Line(), err))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return t.set()
}

// table gathers rows of a plain CSV with their lines.
type table struct {
	list    *classList
	rep     *Report
	values  Values
	answers bool
	builder Builder
	lines   []lineRun // lines of the builder's cells, in the order in which they were added
	count   [3]int    // rows by state, from Unknown on
}

// lineRun says that the cells from cell on were added by one line each, the first by line.
type lineRun struct{ cell, line uint32 }

func (t *table) add(line int, image, label, value []byte) error {
	if len(image) == 0 {
		return errors.New("empty image name")
	}
	state, err := t.state(value)
	if err != nil {
		return err
	}
	class, err := t.list.columnOf(label)
	switch {
	case errors.Is(err, errSkip):
		t.rep.add(OtherClasses, func() string { return fmt.Sprintf("line %d %q", line, clip(string(label))) })
		return nil
	case err != nil:
		return err
	}
	if !t.answers {
		t.count[state+1]++
	}
	if state == Unknown {
		t.rep.add(ExplicitUnknown, nil)
	}
	if t.list.classes[class].ID == "" {
		t.list.seen(class, string(label))
	}
	t.noteLine(t.builder.added, line)
	t.builder.Add(t.builder.imageOf(image), class, state)
	return nil
}

// The words that an answer has for what is neither present nor absent.
const (
	Unsure = "unsure" // the person could not tell: unknown
	Undone = "undone" // the answers before this row do not count
)

// state reads a value. Answers are 1, 0 or a word, whatever the numbers of other files mean.
func (t *table) state(value []byte) (State, error) {
	if !t.answers {
		return t.values.state(value)
	}
	switch string(value) {
	case Unsure:
		return Unknown, nil
	case Undone:
		return undone, nil
	}
	state, err := CSL.state(value)
	if err != nil {
		err = fmt.Errorf("value %q: want 1 (present), 0 (absent), %s or %s", clip(string(value)), Unsure, Undone)
	}
	return state, err
}

// noteLine records the line of a cell.
func (t *table) noteLine(cell, line int) {
	if n := len(t.lines); n == 0 || int(t.lines[n-1].line)+cell-int(t.lines[n-1].cell) != line {
		t.lines = append(t.lines, lineRun{uint32(cell), uint32(line)})
	}
}

// lineOf is the line of a cell.
func (t *table) lineOf(cell int) int {
	i, found := slices.BinarySearchFunc(t.lines, uint32(cell), func(r lineRun, cell uint32) int { return cmp.Compare(r.cell, cell) })
	if !found {
		i--
	}
	return int(t.lines[i].line) + cell - int(t.lines[i].cell)
}

// set builds. Two different values for one cell are an error that names both
// lines, except among answers.
func (t *table) set() (*Set, error) {
	var clash error
	t.builder.OnConflict = func(image string, class int) {
		switch {
		case t.answers:
			t.rep.add(Revised, func() string { return fmt.Sprintf("%s %q", image, t.list.classes[class].Name) })
		case clash == nil:
			clash = t.clash(image, class)
		}
	}
	set, err := t.builder.Build(t.list.classes, Unknown)
	if err != nil {
		return nil, err
	}
	if t.values == CSL && t.count[0] > max(t.count[1], t.count[2]) {
		t.rep.addN(MostlyUnknown, 1, nil)
	}
	t.rep.addN(DuplicateRows, t.builder.Duplicates, nil)
	t.list.reportAbsent(t.rep)
	return set, clash
}

// clash names the lines that contradict each other.
func (t *table) clash(image string, class int) error {
	row, _ := t.builder.Image(image)
	first, second := -1, -1
	var states [2]State
	t.builder.each(func(i, r int, c cell) {
		switch {
		case r != row || c.class() != class || second >= 0:
		case first < 0:
			first, states[0] = i, c.state()
		case c.state() != states[0]:
			second, states[1] = i, c.state()
		}
	})
	return fmt.Errorf("lines %d and %d: image %q, label %q is both %d and %d: keep one", t.lineOf(first), t.lineOf(second),
		clip(image), clip(t.list.classes[class].Name), states[0], states[1])
}
