package jsonscan

import (
	"bytes"
	"encoding/binary"
)

// Skip steps over the value that comes next, however large, without holding it. Brackets and quotes have to match;
// what stands between them is not looked at closer.
func (s *Scanner) Skip() error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	switch kind {
	case Text:
		return s.skipText()
	case List, Object:
		return s.skipNested()
	}
	_, _, err = s.Scalar()
	return err
}

// skipText steps over a text.
func (s *Scanner) skipText() error {
	s.pos++
	for {
		i := quoteOrEscape(s.buf[s.pos:])
		switch {
		case i >= 0 && s.buf[s.pos+i] == '"':
			s.pos += i + 1
			return nil
		case i >= 0 && s.pos+i+1 < len(s.buf):
			s.pos += i + 2
			continue
		case i >= 0:
			s.pos += i
		default:
			s.pos = len(s.buf)
		}
		if !s.fill(nil) {
			return s.end()
		}
	}
}

// skipNested steps over a list or an object.
func (s *Scanner) skipNested() error {
	var open [MaxDepth]byte // closing brackets
	depth := 0
	for {
		for {
			s.pos += plain(s.buf[s.pos:])
			if s.pos == len(s.buf) {
				break
			}
			switch c := s.buf[s.pos]; c {
			case '"':
				if err := s.skipText(); err != nil {
					return err
				}
				continue
			case '{', '[':
				if depth == MaxDepth {
					return s.fail("more than %d nested lists and objects", MaxDepth)
				}
				open[depth] = c + 2 // } and ] are two behind
				depth++
			default:
				depth--
				if open[depth] != c {
					return s.fail("found %q, want %q", string(c), string(open[depth]))
				}
			}
			s.pos++
			if depth == 0 {
				return nil
			}
		}
		if !s.fill(nil) {
			return s.end()
		}
	}
}

// quoteOrEscape is the place of the first quote or backslash, -1 without one.
func quoteOrEscape(b []byte) int {
	quote := bytes.IndexByte(b, '"')
	if quote >= 0 {
		b = b[:quote]
	}
	if escape := bytes.IndexByte(b, '\\'); escape >= 0 {
		return escape
	}
	return quote
}

// plain is how many bytes come before the first structural one. Eight bytes of numbers, commas and spaces, of which
// boxes and polygons consist, are passed at once: none has the bit 0x40, as all brackets do, and none is a quote.
func plain(b []byte) int {
	const ones, tops, letters, quotes = 0x0101010101010101, 0x8080808080808080, 0x4040404040404040, 0x2222222222222222
	i := 0
	for {
		for len(b)-i >= 8 {
			v := binary.LittleEndian.Uint64(b[i:])
			q := v ^ quotes
			if v&letters|(q-ones)&^q&tops != 0 {
				break
			}
			i += 8
		}
		for end := min(len(b), i+8); i < end; i++ {
			if structural[b[i]] {
				return i
			}
		}
		if i == len(b) {
			return i
		}
	}
}

// structural are the bytes that skipNested looks at.
var structural = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true}
