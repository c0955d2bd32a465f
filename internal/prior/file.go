package prior

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"csl/internal/safefile"
)

// The header of a prior file, as the reference writes it.
const (
	columnClass = "Classes"
	columnValue = "avg_pred"
)

// maxWarnings is how many extra rows are named before the rest is counted.
const maxWarnings = 10

// Save writes the prior as CSV with the header Classes,avg_pred and values as
// the shortest text that reads back as the same float32.
func (p *Prior) Save(fsys safefile.FS, path string) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	return safefile.Write(fsys, path, p.write)
}

func (p *Prior) write(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{columnClass, columnValue}); err != nil {
		return err
	}
	for i, name := range p.Classes {
		if err := c.Write([]string{name, strconv.FormatFloat(float64(p.Avg[i]), 'g', -1, 32)}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Load reads a prior file and puts it into the order of classes, by name.
//
// It fails at a class that appears twice, is missing or has a value outside 0
// to 1, and when the file is for another class list altogether. A row of an
// unknown class and a row of another form are warnings that name line and
// content: the reference's published file has one such row.
func Load(path string, classes []string) (p *Prior, warnings []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read prior: %w", err)
	}
	defer f.Close()
	p, warnings, err = read(f, classes)
	if err != nil {
		return nil, nil, fmt.Errorf("read prior %q: %w", path, err)
	}
	for i, w := range warnings {
		warnings[i] = fmt.Sprintf("prior %q: %s", path, w)
	}
	return p, warnings, nil
}

// reader gathers the rows of a prior file.
type reader struct {
	column   map[string]int
	prior    *Prior
	lines    []int // where each class was read, 0 for not yet
	found    int
	rows     int // that look like a class and a value
	warnings []string
	extra    int
}

func read(r io.Reader, classes []string) (*Prior, []string, error) {
	p := &Prior{Classes: slices.Clone(classes), Avg: make([]float32, len(classes))}
	if err := p.Validate(); err != nil {
		return nil, nil, fmt.Errorf("class list: %w", err)
	}
	s := reader{column: make(map[string]int, len(classes)), prior: p, lines: make([]int, len(classes))}
	for i, name := range classes {
		s.column[name] = i
	}
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	for first := true; ; first = false {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := c.FieldPos(0)
		if first {
			rec[0] = strings.TrimPrefix(rec[0], "\ufeff")
			if err := notPrior(rec[0]); err != nil {
				return nil, nil, err
			}
			if len(rec) == 2 && strings.EqualFold(rec[0], columnClass) && strings.EqualFold(rec[1], columnValue) {
				continue
			}
		}
		if err := s.row(line, rec); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if err := s.missing(); err != nil {
		return nil, nil, err
	}
	if more := s.extra - len(s.warnings); more > 0 {
		s.warnings = append(s.warnings, fmt.Sprintf("%d more rows that belong to no class are left out", more))
	}
	return p, s.warnings, nil
}

// notPrior recognises files that are something else.
func notPrior(start string) error {
	switch {
	case strings.HasPrefix(start, "version https://git-lfs"):
		return errors.New("this is a Git LFS pointer, not the data: fetch it with \"git lfs pull\"")
	case strings.HasPrefix(strings.TrimSpace(start), "<"):
		return errors.New("this is an HTML or XML page, not a prior")
	}
	return nil
}

func (s *reader) row(line int, rec []string) error {
	if len(rec) == 2 {
		s.rows++
	}
	class, known := s.column[rec[0]]
	if !known {
		s.extra++
		if len(s.warnings) < maxWarnings {
			s.warnings = append(s.warnings, fmt.Sprintf("line %d: %q belongs to no class and is left out", line, clip(strings.Join(rec, ","))))
		}
		return nil
	}
	if len(rec) != 2 {
		return fmt.Errorf("class %q: %d fields, want %s,%s", rec[0], len(rec), columnClass, columnValue)
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(rec[1]), 32)
	if err != nil || !isShare(float32(v)) {
		return fmt.Errorf("class %q has value %q: want a number from 0 to 1", rec[0], clip(rec[1]))
	}
	if s.lines[class] != 0 {
		return fmt.Errorf("class %q appears twice (first in line %d)", rec[0], s.lines[class])
	}
	s.prior.Avg[class], s.lines[class] = float32(v), line
	s.found++
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
