package jsonscan

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is what a JSON value is.
type Kind byte

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Object
)

// String names the kind for people.
func (k Kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// Kind tells what comes next.
func (s *Scanner) Kind() (Kind, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return Null, err
	case c == '"':
		return Text, nil
	case c == '{':
		return Object, nil
	case c == '[':
		return List, nil
	case c == 't', c == 'f':
		return Bool, nil
	case c == 'n':
		return Null, nil
	case c == '-', c >= '0' && c <= '9', c == 'N', c == 'I':
		return Number, nil
	}
	return Null, s.fail("found %s, want a value", s.sight())
}

// Scalar takes a value that is neither a list nor an object: the unquoted text of a text, else what stands there (NaN and
// Infinity are numbers).
func (s *Scanner) Scalar() (string, Kind, error) {
	kind, err := s.Kind()
	if err != nil {
		return "", kind, err
	}
	switch kind {
	case Text:
		text, err := s.text()
		return text, kind, err
	case List, Object:
		return "", kind, s.fail("found %s, want a text or a number", kind)
	}
	word, err := s.word()
	if err != nil {
		return "", kind, err
	}
	switch word {
	case "true", "false", "null", "NaN", "Infinity", "-Infinity":
		return word, kind, nil
	}
	if kind != Number {
		return "", kind, s.fail("found %q before it, want a value", word)
	}
	if isDigits(word) {
		return word, kind, nil
	}
	if _, err := strconv.ParseFloat(word, 64); err != nil && !isRange(err) {
		return "", kind, s.fail("found %q before it, which is not a number", word)
	}
	return word, kind, nil
}

// isDigits tells whether a word has nothing but digits.
func isDigits(word string) bool {
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return true
}

func isRange(err error) bool {
	e, ok := err.(*strconv.NumError)
	return ok && e.Err == strconv.ErrRange
}

// word takes letters, digits and signs.
func (s *Scanner) word() (string, error) {
	mark := s.pos
	for {
		for s.pos < len(s.buf) && isWord[s.buf[s.pos]] {
			s.pos++
		}
		if s.pos < len(s.buf) {
			break
		}
		if s.pos-mark > MaxText {
			return "", s.fail("a number of more than %d bytes", MaxText)
		}
		if !s.fill(&mark) {
			if !errors.Is(s.err, io.EOF) {
				return "", s.err
			}
			break
		}
	}
	return s.interned(s.buf[mark:s.pos]), nil
}

// interned is a text as a string. Those that were met lately, as keys and ids of categories are, cost no memory.
func (s *Scanner) interned(raw []byte) string {
	if len(raw) == 0 || len(raw) > 32 {
		return string(raw)
	}
	h := uint32(len(raw))
	for _, c := range raw {
		h = h*31 + uint32(c)
	}
	at := &s.recent[h%uint32(len(s.recent))]
	if *at != string(raw) {
		*at = string(raw)
	}
	return *at
}

// isWord are the bytes of numbers and names.
var isWord = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.'
	}
	return t
}()

// text takes a text and undoes its escapes. Surrogates without a partner are an error.
func (s *Scanner) text() (string, error) {
	mark, escaped, err := s.quoted()
	if err != nil {
		return "", err
	}
	raw := s.buf[mark : s.pos-1]
	if !escaped {
		return s.interned(raw), nil
	}
	text, ok := unescape(raw)
	if !ok {
		return "", s.fail("a text with a bad escape before it: %.40q", raw)
	}
	return text, nil
}

// quoted steps behind the text that comes next and returns where its content starts in buf.
func (s *Scanner) quoted() (mark int, escaped bool, err error) {
	s.pos++ // the quote
	for mark = s.pos; ; {
		i := quoteOrEscape(s.buf[s.pos:])
		switch {
		case i >= 0 && s.buf[s.pos+i] == '"':
			s.pos += i + 1
			if s.pos-mark > MaxText {
				return 0, false, s.fail("a text of more than %d bytes", MaxText)
			}
			return mark, escaped, nil
		case i >= 0 && s.pos+i+1 < len(s.buf):
			s.pos += i + 2
			escaped = true
			continue
		case i >= 0:
			s.pos += i
		default:
			s.pos = len(s.buf)
		}
		if s.pos-mark > MaxText {
			return 0, false, s.fail("a text of more than %d bytes", MaxText)
		}
		if !s.fill(&mark) {
			return 0, false, s.end()
		}
	}
}

// unescape undoes escapes.
func unescape(raw []byte) (string, bool) {
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			out = append(out, raw...)
			break
		}
		out = append(out, raw[:i]...)
		if raw = raw[i:]; len(raw) < 2 {
			return "", false
		}
		if raw[1] == 'u' {
			r, n := unicodeEscape(raw)
			if n == 0 {
				return "", false
			}
			out = utf8.AppendRune(out, r)
			raw = raw[n:]
			continue
		}
		at := bytes.IndexByte([]byte(`"\/bfnrt`), raw[1])
		if at < 0 {
			return "", false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
		raw = raw[2:]
	}
	return string(out), true
}

// unicodeEscape reads \uXXXX, or two for a character outside the basic plane; n is 0 for none.
func unicodeEscape(raw []byte) (r rune, n int) {
	hex := func(b []byte) rune {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return -1
		}
		v, err := strconv.ParseUint(string(b[2:6]), 16, 32)
		if err != nil {
			return -1
		}
		return rune(v)
	}
	r = hex(raw)
	if !utf16.IsSurrogate(r) {
		return r, 6 * one(r >= 0)
	}
	r = utf16.DecodeRune(r, hex(raw[6:]))
	return r, 12 * one(r != utf8.RuneError)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
