package jsonscan

import "bytes"

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
		i := bytes.IndexAny(s.buf[s.pos:], "\"\\")
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
		for s.pos < len(s.buf) {
			c := s.buf[s.pos]
			if !structural[c] {
				s.pos++
				continue
			}
			switch c {
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

// structural are the bytes that skipNested looks at.
var structural = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true}
