package printable

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLineShowsWhatTerminalsActOn(t *testing.T) {
	for text, want := range map[string]string{
		"a b":                        "a b",
		"caf\u00e9 \u732b":           "caf\u00e9 \u732b",
		"\U0001f468\u200d\U0001f469": "\U0001f468\u200d\U0001f469",
		"a\x1b]0;x\x07b":             `a\x1b]0;x\x07b`,
		"a\nb\tc\rd":                 `a\nb\tc\rd`,
		"a\u202eb\u2066":             `a\u202eb\u2066`,
		"a\u009b31m":                 `a\u009b31m`,
		"a\xffb":                     `a\xffb`,
		"a\x7f":                      `a\x7f`,
		"\u2028":                     `\u2028`,
	} {
		if got := Line(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWriterKeepsJSONAndLayout(t *testing.T) {
	value := "a\u009b31m\u202e\u00e9\U000e0001 \u732b"
	text, err := json.Marshal(map[string]string{"x": value})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, c := range text { // byte by byte: characters come in pieces
		if n, err := w.Write([]byte{c}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if strings.ContainsAny(b.String(), "\u009b\u202e\U000e0001") || !strings.Contains(b.String(), "\u732b") {
		t.Errorf("%q", b.String())
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["x"] != value {
		t.Errorf("%q, %v", back["x"], err)
	}
	b.Reset()
	if _, err := w.Write([]byte("a\tb\n\x1b[31mc\n")); err != nil || b.String() != "a\tb\n\\u001b[31mc\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\x1b\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if line := Line(text); !isSafe(line, false) || Line(line) != line {
			t.Fatalf("%q", line)
		}
	})
}
