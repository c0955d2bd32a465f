package textio

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestEachRowGivesRowsWithTheirLines(t *testing.T) {
	var got []string
	err := EachRow(strings.NewReader("a,b\n\n\"x\ny\", z,3\n"), func(line int, row []string) error {
		got = append(got, fmt.Sprintf("%d %q", line, row))
		return nil
	})
	want := []string{`1 ["a" "b"]`, `3 ["x\ny" "z" "3"]`}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestEachRowEndsWithTheFirstError(t *testing.T) {
	stop := errors.New("stop")
	for text, want := range map[string]string{
		"":         "the file is empty",
		"a\nb\nc":  "stop",
		"a\nb\"c,": `line 2, column 2: a quote within a field`,
		"\"a\nb":   "line 2 (field from line 1 on): a quote that neither ends",
	} {
		err := EachRow(strings.NewReader(text), func(_ int, row []string) error {
			if row[0] == "b" {
				return stop
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
