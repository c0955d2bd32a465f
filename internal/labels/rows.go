package labels

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode"
)

// rowReader reads separated values as encoding/csv does, with rows of any width and, unless tabs part the fields,
// without the spaces before a field. It parts a line without quotes itself, which allocates nothing, and leaves
// records with quotes to encoding/csv.
type rowReader struct {
	text  *bufio.Reader
	comma byte

	fields [][]byte // of the last row
	start  int      // its first line, from 1
	lines  int      // lines taken so far

	quoted      *csv.Reader // reads from text
	quotedLines int         // lines that quoted took
	joined      []byte      // memory of fields that quoted gave
}

// newRows reads from text; the first line tells the separator.
func newRows(text *bufio.Reader) *rowReader {
	head, _ := text.Peek(sniffed)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return &rowReader{text: text, comma: byte(separator(line))}
}

// trims tells whether spaces before a field are skipped: a writer quotes a name that begins with one.
func (r *rowReader) trims() bool { return r.comma != '\t' }

// Line is the line, from 1, at which the last row begins.
func (r *rowReader) Line() int { return r.start }

// Read is the next row, valid until the next call, or io.EOF. Empty lines are skipped.
func (r *rowReader) Read() ([][]byte, error) {
	for {
		line, err := r.peekLine()
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return r.readQuoted()
		case err != nil:
			return nil, err
		case bytes.IndexByte(line, '"') >= 0:
			return r.readQuoted()
		}
		content := withoutBreak(line)
		if len(content) == 0 {
			r.take(line)
			continue
		}
		r.split(content)
		r.take(line) // what was peeked stays in the buffer until the next read
		r.start = r.lines
		return r.fields, nil
	}
}

// isBlank tells whether a row has nothing in it: spreadsheets end tables with rows of separators.
func isBlank[T string | []byte](row []T) bool {
	for _, cell := range row {
		if len(cell) > 0 {
			return false
		}
	}
	return true
}

// ReadStrings is Read with memory of the caller's.
func (r *rowReader) ReadStrings() ([]string, error) {
	fields, err := r.Read()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = string(f)
	}
	return out, nil
}

// take steps behind a line that was peeked.
func (r *rowReader) take(line []byte) {
	_, _ = r.text.Discard(len(line)) // peeked
	r.lines++
}

// peekLine is the next line with its line break, which only the last one may lack. The error is bufio.ErrBufferFull
// for a line longer than the buffer.
func (r *rowReader) peekLine() ([]byte, error) {
	searched := 0
	for {
		buf, _ := r.text.Peek(r.text.Buffered())
		if i := bytes.IndexByte(buf[searched:], '\n'); i >= 0 {
			return buf[:searched+i+1], nil
		}
		searched = len(buf)
		more, err := r.text.Peek(len(buf) + 1)
		switch {
		case len(more) > searched:
		case errors.Is(err, io.EOF) && len(more) > 0:
			return more, nil
		case err != nil:
			return nil, err
		}
	}
}

// withoutBreak is a line without its line break; at the end of a file that is a lone carriage return, too.
func withoutBreak(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// split parts a line without quotes.
func (r *rowReader) split(line []byte) {
	r.fields = r.fields[:0]
	for {
		field, rest, more := line, []byte(nil), false
		if i := bytes.IndexByte(line, r.comma); i >= 0 {
			field, rest, more = line[:i], line[i+1:], true
		}
		if r.trims() && len(field) > 0 && (field[0] <= ' ' || field[0] >= 0x80) {
			field = bytes.TrimLeftFunc(field, unicode.IsSpace)
		}
		r.fields = append(r.fields, field)
		if !more {
			return
		}
		line = rest
	}
}

// readQuoted leaves the next record to encoding/csv, which takes no more than its lines from text.
func (r *rowReader) readQuoted() ([][]byte, error) {
	if r.quoted == nil {
		r.quoted = csv.NewReader(r.text)
		r.quoted.Comma = rune(r.comma)
		r.quoted.ReuseRecord = true
		r.quoted.FieldsPerRecord = -1
		r.quoted.TrimLeadingSpace = r.trims()
	}
	ahead := r.lines - r.quotedLines
	rec, err := r.quoted.Read()
	if err != nil {
		if p := (*csv.ParseError)(nil); errors.As(err, &p) {
			p.StartLine += ahead
			p.Line += ahead
		}
		return nil, err
	}
	first, _ := r.quoted.FieldPos(0)
	r.start = first + ahead
	r.fields, r.joined = r.fields[:0], r.joined[:0]
	taken := 1
	for _, field := range rec {
		r.joined = append(r.joined, field...)
		taken += strings.Count(field, "\n")
	}
	rest := r.joined
	for _, field := range rec {
		r.fields = append(r.fields, rest[:len(field):len(field)])
		rest = rest[len(field):]
	}
	r.quotedLines = first - 1 + taken
	r.lines = r.quotedLines + ahead
	return r.fields, nil
}
