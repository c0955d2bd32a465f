package textio

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// read reads a text.
func read(text string, o Options) (string, error) {
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), err
}

func TestTextIsDecodedAndItsMarkRemoved(t *testing.T) {
	for _, c := range []struct{ raw, encoding, want string }{
		{"a,é,狗\n", "", "a,é,狗\n"},
		{"\xef\xbb\xbfdog\n", "", "dog\n"},
		{"caf\xe9\n", "latin1", "café\n"},
		{"5 \x80\n", "windows-1252", "5 €\n"},
		{"\xb9\xb7\n", "gbk", "狗\n"},
		{"\x8c\xa2\n", "shift_jis", "犬\n"},
		{"\xff\xfed\x00\xe9\x00", "utf-16", "dé"},
		{"\xfe\xff\x00d\x00\xe9", "utf-16", "dé"},
		{"\xff\xfed\x00\xe9\x00", "", "dé"}, // the mark is enough
		{"\xfe\xff\x00d\x00\xe9", "", "dé"},
		{"d\x00\xe9\x00", "utf-16le", "dé"},
		{"a\rb\rc", "", "a\nb\nc"}, // line ends of old Macs
		{"a\r\nb\r\n", "", "a\r\nb\r\n"},
		{"", "", ""},
	} {
		if got, err := read(c.raw, Options{Encoding: c.encoding}); err != nil || got != c.want {
			t.Errorf("%q as %q: %q, want %q (%v)", c.raw, c.encoding, got, c.want, err)
		}
	}
}

func TestWhatIsNotUTF8IsAnErrorOfLineAndByte(t *testing.T) {
	for raw, want := range map[string]string{
		"dog\ncaf\xe9,1\n":                    `line 2, byte 4: "caf\xe9" is not UTF-8`,
		"\xb9\xb7":                            "line 1, byte 1",
		"ab\xe7\x8b":                          "line 1, byte 3", // cut off
		strings.Repeat("a\n", 1<<20) + "\xff": "line 1048577, byte 1",
	} {
		_, err := read(raw, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--encoding") {
			t.Errorf("%.20q: error %v, want %q", raw, err, want)
		}
	}
}

func TestWhatIsNotTextIsNamed(t *testing.T) {
	for raw, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
		"PK\x03\x04abc": "zip",
		"\x89PNG\x00":   "binary",
		"\x1f\x8b nogz": "gzip",
	} {
		if _, err := read(raw, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", raw, err, want)
		}
	}
	if err := (Options{Encoding: "klingon"}).Check(); err == nil || !strings.Contains(err.Error(), `"klingon"`) {
		t.Errorf("error %v", err)
	}
}

func TestLinesAreBoundedHoweverSmallTheArchive(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 64 {
		if _, err := z.Write(bytes.Repeat([]byte("a"), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(&b, Options{MaxLine: MaxLine})
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if err == nil || !strings.Contains(err.Error(), "line 1 is longer than 1048576 bytes") || n > 2*MaxLine {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestOpenReadsFilesAndNamesThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte("caf\xe9"), 0o666); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadAll(context.Background(), path, Options{Encoding: "latin1"}); err != nil || text != "café" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := ReadAll(context.Background(), path, Options{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if _, err := Open(context.Background(), path+"x", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// FuzzReader: what comes out is UTF-8, and the same however the input is cut into reads.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"a\nb", "caf\xe9", "\xef\xbb\xbfx", "é狗\r", "\xff\xfea\x00"} {
		f.Add(s, "")
		f.Add(s, "gbk")
	}
	f.Fuzz(func(t *testing.T, raw, encoding string) {
		whole, err := read(raw, Options{Encoding: encoding})
		if err == nil && !utf8.ValidString(whole) {
			t.Fatalf("%q is not UTF-8", whole)
		}
		r, err2 := NewReader(iotest.OneByteReader(strings.NewReader(raw)), Options{Encoding: encoding})
		if err2 != nil {
			return
		}
		b, err2 := io.ReadAll(r)
		if err == nil && (err2 != nil || string(b) != whole) {
			t.Fatalf("%q %v, in one piece %q", b, err2, whole)
		}
	})
}
