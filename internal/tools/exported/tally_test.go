package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const source = `package p

// Documented is.
type Documented struct {
	// A and B are covered by one comment.
	A int
	B int

	Bare int
	private int
}

type Naked interface{ Method() }

func (d *Documented) Silent() {}
func (p private) Hidden()     {}

// The colours.
const (
	Red = 1
	Green = 2
)

var Loud int
var Quiet int // says what it is
`

func TestEveryUndocumentedExportedIdentifierIsNamed(t *testing.T) {
	root := t.TempDir()
	for path, content := range map[string]string{
		"p/p.go":            source,
		"p/p_test.go":       "package p\n\nfunc Exported() {}\n",
		"cmd/main.go":       "package main\n\nfunc Exported() {}\n",
		"p/testdata/bad.go": "not Go",
	} {
		path = filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var all tally
	if err := walk(root, &all); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, missing := range all.missing {
		names = append(names, missing[strings.LastIndex(missing, " ")+1:])
	}
	want := "Documented.Bare Naked Naked.Method Documented.Silent Loud"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("missing %q, want %q", got, want)
	}
	if all.seen != 11 {
		t.Errorf("%d identifiers counted, want 11", all.seen)
	}
}
