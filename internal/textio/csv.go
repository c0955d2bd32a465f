package textio

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// ErrEmpty says that a file has no row.
var ErrEmpty = errors.New("the file is empty")

// EachRow calls use for each row of a small table, CSV, with the number of its line; rows may have any number of
// fields. The slice is valid until use returns, the strings in it stay. A text without rows is [ErrEmpty].
func EachRow(text io.Reader, use func(line int, row []string) error) error {
	r := csv.NewReader(bufio.NewReaderSize(text, 1<<20))
	r.ReuseRecord, r.FieldsPerRecord, r.TrimLeadingSpace = true, -1, true
	for n := 0; ; n++ {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && n == 0:
			return ErrEmpty
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return CSVError(err)
		}
		line, _ := r.FieldPos(0)
		if err := use(line, row); err != nil {
			return err
		}
	}
}

// CSVError says in words what encoding/csv found wrong.
func CSVError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return CutShort(err)
	}
	what := p.Err.Error()
	switch {
	case errors.Is(p.Err, csv.ErrBareQuote):
		what = `a quote within a field: put the field in quotes and write "" for each quote in it`
	case errors.Is(p.Err, csv.ErrQuote):
		what = `a quote that neither ends its field nor is doubled, or a field whose quotes never end`
	}
	if p.StartLine != p.Line {
		return fmt.Errorf("line %d (field from line %d on): %s", p.Line, p.StartLine, what)
	}
	return fmt.Errorf("line %d, column %d: %s", p.Line, p.Column, what)
}
