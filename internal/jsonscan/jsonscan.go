// Package jsonscan reads large JSON files (RFC 8259) as a stream, value by value, and steps over what nobody asks for
// without decoding it. Unlike encoding/json it compares keys exactly, bounds texts and nesting, and lets NaN and
// Infinity, which Python writes, pass in values that are stepped over. What the values mean does not belong here.
package jsonscan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Limits of what a file may hold.
const (
	MaxText  = 1 << 20 // bytes of a text or a number
	MaxDepth = 1000    // nested lists and objects
)

// Scanner reads a stream of UTF-8 JSON. Errors name the byte, counted from 0.
type Scanner struct {
	r    io.Reader
	buf  []byte // what was read
	pos  int    // of the next byte in buf
	base int64  // of buf[0] in the stream
	err  error  // of r, io.EOF at the end

	recent [256]string // short texts that were met
}

// New reads from r.
func New(r io.Reader) *Scanner { return &Scanner{r: r, buf: make([]byte, 0, 256<<10)} }

// Reset starts anew with r and keeps the memory.
func (s *Scanner) Reset(r io.Reader) { s.r, s.buf, s.pos, s.base, s.err = r, s.buf[:0], 0, 0, nil }

// Offset is the place in the stream of the next value, behind spaces.
func (s *Scanner) Offset() int64 {
	_, _ = s.peek()
	return s.base + int64(s.pos)
}

// fill reads more, keeping what follows mark. It reports whether there is a byte at s.pos.
func (s *Scanner) fill(mark *int) bool {
	if s.err != nil {
		return false
	}
	keep := s.pos
	if mark != nil {
		keep = *mark
		*mark = 0
	}
	n := copy(s.buf[:cap(s.buf)], s.buf[keep:])
	s.base += int64(keep)
	s.pos -= keep
	s.buf = s.buf[:n]
	if n == cap(s.buf) {
		s.buf = append(s.buf, 0)[:n]
	}
	for range 100 {
		m, err := s.r.Read(s.buf[n:cap(s.buf)])
		s.buf = s.buf[:n+m]
		s.err = err
		if m > 0 || err != nil {
			return m > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// peek returns the next byte behind spaces.
func (s *Scanner) peek() (byte, error) {
	for {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\r', '\n':
				s.pos++
			default:
				return c, nil
			}
		}
		if !s.fill(nil) {
			return 0, s.end()
		}
	}
}

// end is the error of a stream that ends here.
func (s *Scanner) end() error {
	if s.err == nil || errors.Is(s.err, io.EOF) {
		return fmt.Errorf("byte %d: %w", s.base+int64(len(s.buf)), io.ErrUnexpectedEOF)
	}
	return s.err
}

// fail is an error at the next byte.
func (s *Scanner) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d: %s", s.base+int64(s.pos), fmt.Sprintf(format, args...))
}

// AtEnd reports whether nothing but spaces follows.
func (s *Scanner) AtEnd() (bool, error) {
	_, err := s.peek()
	if errors.Is(err, io.ErrUnexpectedEOF) && errors.Is(s.err, io.EOF) {
		return true, nil
	}
	return false, err
}

// open takes the bracket that starts a list or an object and reports whether it is empty.
func (s *Scanner) open(bracket, end byte, what string) (empty bool, err error) {
	c, err := s.peek()
	if err != nil {
		return false, err
	}
	if c != bracket {
		return false, s.fail("found %s, want %s", s.sight(), what)
	}
	s.pos++
	if c, err = s.peek(); err != nil {
		return false, err
	}
	if c == end {
		s.pos++
	}
	return c == end, nil
}

// more takes the comma or the bracket behind an element and reports whether another one follows.
func (s *Scanner) more(end byte) (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c == ',':
		s.pos++
		return true, nil
	case c == end:
		s.pos++
		return false, nil
	}
	return false, s.fail("found %s, want a comma or %q", s.sight(), string(end))
}

// Object calls f for each key of the object that comes next. f has to take the value.
func (s *Scanner) Object(f func(key string) error) error {
	empty, err := s.open('{', '}', "an object")
	for more := !empty; err == nil && more; {
		var key string
		if key, err = s.key(); err != nil {
			return err
		}
		if err = f(key); err == nil {
			more, err = s.more('}')
		}
	}
	return err
}

// key takes a key and the colon behind it.
func (s *Scanner) key() (string, error) {
	if c, err := s.peek(); err != nil {
		return "", err
	} else if c != '"' {
		return "", s.fail("found %s, want a key in quotes", s.sight())
	}
	key, err := s.text()
	if err != nil {
		return "", err
	}
	c, err := s.peek()
	if err != nil {
		return "", err
	}
	if c != ':' {
		return "", s.fail("found %s behind key %q, want a colon", s.sight(), key)
	}
	s.pos++
	return key, nil
}

// List calls f for each element of the list that comes next. f has to take the element.
func (s *Scanner) List(f func() error) error {
	empty, err := s.open('[', ']', "a list")
	for more := !empty; err == nil && more; {
		if err = f(); err == nil {
			more, err = s.more(']')
		}
	}
	return err
}

// sight describes the next value for an error.
func (s *Scanner) sight() string {
	end := min(len(s.buf), s.pos+20)
	text := s.buf[s.pos:end]
	if i := bytes.IndexAny(text, "\r\n"); i > 0 {
		text = text[:i]
	}
	return fmt.Sprintf("%q", text)
}
