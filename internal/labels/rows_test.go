package labels

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"csl/internal/textio"
)

// FuzzRows: rows, their lines and the error that ends them are those of encoding/csv.
func FuzzRows(f *testing.F) {
	long := strings.Repeat("x", 5000)
	for _, s := range []string{
		"a,b,1\nc,d,0\n", "a,b\r\n\r\nc,d\r", "a;b\n\"c;\nd\";e\nf;g\n", "a\tb\n \tc\n", "a, b,\u00a0c\n , ,\n", "a,\"b\"\"c\"\nd,e\n\n\nf,\"g\n\nh\"\ni",
		"a,b\n\nc,d\"e\n", "a,b\n\"c", "a,\"b\r\nc\"\r\nd", "\n\r\n\r", long + ",a\n" + "\"" + long + "\n\",b\nc," + long, "a,\"b\" c\n", ",\n,,\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := rowsOf(text), csvRowsOf(text); got != want {
			t.Fatalf("%q:\n%s\nwant\n%s", text, got, want)
		}
	})
}

// rowsOf is every row with its line, and the error.
func rowsOf(text string) string {
	r := newRows(bufio.NewReaderSize(strings.NewReader(text), 4096))
	var out strings.Builder
	for {
		rec, err := r.Read()
		if err != nil {
			return out.String() + endOf(err)
		}
		fmt.Fprintf(&out, "%d %q\n", r.Line(), rec)
	}
}

// csvRowsOf is rowsOf of encoding/csv.
func csvRowsOf(text string) string {
	line, _, _ := bytes.Cut([]byte(text), []byte("\n"))
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(line[:min(len(line), 4096)])
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = r.Comma != '\t'
	var out strings.Builder
	for {
		rec, err := r.Read()
		if err != nil {
			return out.String() + endOf(err)
		}
		first, _ := r.FieldPos(0)
		fmt.Fprintf(&out, "%d %q\n", first, rec)
	}
}

func endOf(err error) string {
	if errors.Is(err, io.EOF) {
		return "end"
	}
	return textio.CSVError(err).Error()
}
