package labels

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"csl/internal/textio"
)

// sniffed is how much of a file is looked at to tell its format.
const sniffed = 64 << 10

// sniff tells the format of annotations by their first bytes, and says in words what else a file may be that is none.
func sniff(r io.Reader) (*bufio.Reader, Format, error) {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Auto, textio.CutShort(err)
	}
	start := bytes.TrimLeft(head, " \t\r\n")
	if len(start) == 0 {
		return nil, Auto, errors.New("the file is empty")
	}
	format := LabelStudio // the only one that starts with a list
	switch start[0] {
	case '{':
		format, err = sniffJSON(start)
	case '<':
		format, err = sniffXML(start)
	case '[':
		err = sniffList(start)
	default:
		return b, sniffCSV(start), nil
	}
	return b, format, err
}

// sniffCSV goes by the names in the first line.
func sniffCSV(start []byte) Format {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	fields := firstRow(line, separator(line))
	if columnOf(fields, "ImageID") >= 0 && columnOf(fields, "LabelName") >= 0 {
		return OpenImages
	}
	return CSV
}

// separator is what parts the fields of a table whose first line is given: a comma, or else a semicolon or a tab.
func separator(line []byte) rune {
	for _, c := range []rune{',', ';', '\t'} {
		if bytes.ContainsRune(line, c) {
			return c
		}
	}
	return ','
}

// columnOf is the number of the column of that name, or -1. Case, spaces, "_" and "-" do not matter: people write
// "File Name" for file_name.
func columnOf(header []string, name string) int {
	plain := strings.NewReplacer(" ", "", "_", "", "-", "")
	name = plain.Replace(name)
	for i, h := range header {
		if strings.EqualFold(plain.Replace(h), name) {
			return i
		}
	}
	return -1
}

// clip shortens a value for an error message.
func clip(s string) string {
	const most = 80
	if !utf8.ValidString(s) || len(s) <= most {
		return s[:min(len(s), most)]
	}
	for i := range s {
		if i > most {
			return s[:i] + "..."
		}
	}
	return s
}
