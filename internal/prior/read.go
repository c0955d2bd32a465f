package prior

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"csl/internal/labels"
	"csl/internal/lfs"
	"csl/internal/textio"
)

// maxWarnings is how many extra rows are named before the rest is counted.
const maxWarnings = 10

// Load reads a prior file and puts it into the order of classes, by name. The columns Classes and
// avg_pred, and low and high, mean_score and annotated if they are there, are found by the header; others are ignored. Without
// a header rows are class,value. Spaces around names and values do not count. encoding is that of
// the text, as package textio names it; "" for UTF-8.
//
// It fails at a class that appears twice, is missing or has a value outside 0 to 1, and when the
// file is for another class list altogether. A row of an unknown class and a row of another form are
// warnings that name line and content: the reference's published file has one such row.
func Load(ctx context.Context, path string, classes []string, encoding string) (p *Prior, warnings []string, err error) {
	f, err := textio.Open(ctx, path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return nil, nil, fmt.Errorf("read prior: %w", err)
	}
	defer f.Close() // only read
	p, warnings, err = read(io.LimitReader(f, textio.MaxSmall), classes)
	if err != nil {
		return nil, nil, fmt.Errorf("read prior %q: %w", path, err)
	}
	for i, w := range warnings {
		warnings[i] = fmt.Sprintf("prior %q: %s", path, w)
	}
	return p, warnings, nil
}

// layout says in which fields a row has what; low and high are -1 without intervals, mean and count without those.
type layout struct{ class, value, low, high, mean, count, fields int }

// plain is the layout without a header.
func plain() layout {
	return layout{class: 0, value: 1, low: -1, high: -1, mean: -1, count: -1, fields: 2}
}

// header is the layout that a first row names, if it is one.
func header(row []string) (layout, bool) {
	find := func(name string) int {
		return slices.IndexFunc(row, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), name) })
	}
	l := layout{find(columnClass), find(columnValue), find(columnLow), find(columnHigh), find(columnMean), find(columnCount), len(row)}
	if l.low < 0 || l.high < 0 {
		l.low, l.high = -1, -1
	}
	if l.mean < 0 || l.count < 0 {
		l.mean, l.count = -1, -1
	}
	return l, l.class >= 0 && l.value >= 0
}

// reader gathers the rows of a prior file.
type reader struct {
	layout
	column   map[string]int
	prior    *Prior
	lines    []int // where each class was read, 0 for not yet
	found    int
	rows     int // that look like a class and a value
	warnings []string
	extra    int
}

func newReader(classes []string) (*reader, error) {
	n := len(classes)
	p := &Prior{Classes: slices.Clone(classes), Avg: make([]float32, n)}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("class list: %w", err)
	}
	s := &reader{layout: plain(), column: make(map[string]int, n), prior: p, lines: make([]int, n)}
	for i, name := range classes {
		s.column[labels.ClassName(name)] = i
	}
	for i, name := range classes {
		s.column[name] = i // an exact name goes first
	}
	return s, nil
}

func read(r io.Reader, classes []string) (*Prior, []string, error) {
	s, err := newReader(classes)
	if err != nil {
		return nil, nil, err
	}
	first := true
	err = textio.EachRow(r, func(line int, row []string) error {
		if first {
			first = false
			if err := notPrior(row[0]); err != nil {
				return err
			}
			if l, ok := header(row); ok {
				s.use(l)
				return nil
			}
		}
		if err := s.row(line, row); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if err := s.missing(); err != nil {
		return nil, nil, err
	}
	if more := s.extra - len(s.warnings); more > 0 {
		s.warnings = append(s.warnings, fmt.Sprintf("%d more rows that belong to no class are skipped", more))
	}
	return s.prior, s.warnings, nil
}

func (s *reader) use(l layout) {
	s.layout = l
	if l.low >= 0 {
		s.prior.Low, s.prior.High = make([]float32, len(s.lines)), make([]float32, len(s.lines))
	}
	if l.mean >= 0 && l.count >= 0 {
		s.prior.Mean, s.prior.Count = make([]float32, len(s.lines)), make([]float32, len(s.lines))
	}
}

// notPrior recognises files that are something else.
func notPrior(start string) error {
	switch {
	case lfs.IsPointer([]byte(start)):
		return lfs.ErrPointer
	case strings.HasPrefix(strings.TrimSpace(start), "<"):
		return errors.New("this is an HTML or XML page, not a prior")
	}
	return nil
}

// find is the class that a row is of.
func (s *reader) find(row []string) (class int, known bool) {
	if s.class >= len(row) {
		return 0, false
	}
	if class, known = s.column[row[s.class]]; !known {
		class, known = s.column[labels.ClassName(row[s.class])]
	}
	return class, known
}

func (s *reader) row(line int, row []string) error {
	if len(row) == s.fields {
		s.rows++
	}
	class, known := s.find(row)
	if !known {
		s.extra++
		if len(s.warnings) < maxWarnings {
			s.warnings = append(s.warnings, fmt.Sprintf("line %d: %q belongs to no class and is skipped", line, clip(strings.Join(row, ","))))
		}
		return nil
	}
	name := s.prior.Classes[class]
	if len(row) != s.fields {
		return fmt.Errorf("class %q: %d fields, want %d", name, len(row), s.fields)
	}
	if s.lines[class] != 0 {
		return fmt.Errorf("class %q appears twice (first in line %d)", name, s.lines[class])
	}
	s.lines[class] = line
	s.found++
	return s.values(class, row)
}

// values stores the numbers of a row.
func (s *reader) values(class int, row []string) error {
	p := s.prior
	for _, f := range []struct {
		at   int
		into []float32
	}{{s.value, p.Avg}, {s.low, p.Low}, {s.high, p.High}, {s.mean, p.Mean}, {s.count, p.Count}} {
		if f.at < 0 {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(row[f.at]), 32)
		if err != nil || !isShare(float32(v)) {
			return fmt.Errorf("class %q has value %q: want a number from 0 to 1", p.Classes[class], clip(row[f.at]))
		}
		f.into[class] = float32(v)
	}
	if p.Low != nil && !(p.Low[class] <= p.Avg[class] && p.Avg[class] <= p.High[class]) {
		return fmt.Errorf("class %q has value %v, which is not from low %v to high %v", p.Classes[class], p.Avg[class], p.Low[class], p.High[class])
	}
	return nil
}

// missing is the error of classes that have no row.
func (s *reader) missing() error {
	want := len(s.lines)
	if s.found == want {
		return nil
	}
	first := s.prior.Classes[slices.Index(s.lines, 0)]
	switch {
	case s.rows == 0:
		return fmt.Errorf("it has no row %s,%s", columnClass, columnValue)
	case s.found <= want/2:
		return fmt.Errorf("it is for another class list: of its %d rows only %d name one of the %d classes here (class %q is missing); estimate one for this data",
			s.rows, s.found, want, first)
	}
	return fmt.Errorf("class %q is missing (%d of %d classes are)", first, want-s.found, want)
}

// clip shortens a value for a message.
func clip(s string) string { return s[:min(len(s), 80)] }
