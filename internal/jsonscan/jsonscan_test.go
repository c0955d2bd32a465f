package jsonscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// value reads any value, as encoding/json does into an interface; numbers stay text.
func value(s *Scanner, depth int) (any, error) {
	kind, err := s.Kind()
	switch {
	case err != nil:
		return nil, err
	case depth > MaxDepth:
		return nil, errors.New("too deep")
	case kind == Object:
		m := map[string]any{}
		return m, s.Object(func(key string) error {
			m[key], err = value(s, depth+1)
			return err
		})
	case kind == List:
		l := []any{}
		err := s.List(func() error {
			v, err := value(s, depth+1)
			l = append(l, v)
			return err
		})
		return l, err
	}
	text, kind, err := s.Scalar()
	switch kind {
	case Null:
		return nil, err
	case Bool:
		return text == "true", err
	case Number:
		return json.Number(text), err
	}
	return text, err
}

func decode(r io.Reader) (any, error) {
	s := New(r)
	v, err := value(s, 0)
	if err != nil {
		return nil, err
	}
	atEnd, err := s.AtEnd()
	if err == nil && !atEnd {
		err = errors.New("more follows")
	}
	return v, err
}

// ways are readers of a text that hand it over in one piece and byte by byte.
func ways(text string) []io.Reader {
	return []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))}
}

func texts() []string {
	return []string{
		`{"a":[1,2.5,-3e4,"x"],"b":{"c":null,"d":true},"e":false}`, ` [ ] `, `{}`, `"a\"b\\c\/\b\f\n\r\t\u00e9\ud83d\ude00"`,
		`[[[[]],{"x":[]}]]`, "\"\u00e9\"", `0`, `{"a":{"b":"]}\\\""},"c":1}`,
	}
}

func TestScannerReadsWhatEncodingJSONReads(t *testing.T) {
	for _, text := range texts() {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		for _, r := range ways(text) {
			if got, err := decode(r); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %#v, want %#v (%v)", text, got, want, err)
			}
		}
	}
}

func TestSkippingEndsWhereTheValueEnds(t *testing.T) {
	for _, text := range append(texts(), `[NaN,-Infinity,{"x":Infinity}]`, `"\\\""`, `[{"s":"[{\"\\"}]`, `NaN`) {
		for _, r := range ways(text + ", 7") {
			s := New(r)
			if err := s.Skip(); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			if c, err := s.peek(); c != ',' {
				t.Errorf("%s: ends before %q, %v", text, c, err)
			}
		}
	}
}

func TestErrorsNameTheByte(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1`:      "byte 6: unexpected EOF",
		`{"a" 1}`:     `behind key "a", want a colon`,
		`{"a":1 "b"}`: "byte 7: found",
		`[1,]`:        "byte 3: found",
		`{"a":1,}`:    "byte 7: found",
		`[nul]`:       `found "nul"`,
		`[-]`:         `found "-"`,
		`"\q"`:        "bad escape",
		`"\u12g4"`:    "bad escape",
		`"\ud83d"`:    "bad escape", // half a character would become U+FFFD
		`{} {}`:       "more follows",
		`"abc`:        "unexpected EOF",
		`"` + strings.Repeat("a", MaxText+9) + `"`: "more than 1048576 bytes",
	} {
		for _, r := range ways(text) {
			if _, err := decode(r); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%.30s: error %v, want %q", text, err, want)
			}
		}
	}
	for text, want := range map[string]string{`[{]`: `byte 2: found "]", want "}"`, `["a`: "unexpected EOF", strings.Repeat("[", MaxDepth+5): "nested"} {
		if err := New(strings.NewReader(text)).Skip(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("skip %.30s: error %v, want %q", text, err, want)
		}
	}
	broken := errors.New("broken disk")
	if err := New(iotest.ErrReader(broken)).Skip(); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestLongTextsAreSkippedWithoutBeingHeld(t *testing.T) {
	s := New(strings.NewReader(fmt.Sprintf(`{"long":%q,"n":5}`, strings.Repeat("x", 4*MaxText))))
	n := ""
	err := s.Object(func(key string) (err error) {
		if key != "n" {
			return s.Skip()
		}
		n, _, err = s.Scalar()
		return err
	})
	if err != nil || n != "5" || cap(s.buf) > MaxText {
		t.Errorf("%q %v, buffer of %d bytes", n, err, cap(s.buf))
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range texts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var results []any
		for _, r := range ways(text) {
			v, err := decode(r)
			results = append(results, v, err == nil)
			skipped := New(strings.NewReader(text))
			if skip := skipped.Skip(); err == nil && skip != nil {
				t.Fatalf("reads but does not skip: %v", skip)
			}
		}
		if !reflect.DeepEqual(results[:2], results[2:]) {
			t.Fatalf("%v", results)
		}
	})
}
