package textio

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// checked passes UTF-8 through and refuses everything else.
type checked struct {
	r    *bufio.Reader
	max  int  // longest line, 0 for any
	lone bool // lines end with lone carriage returns
	line int  // of the next byte, from 1
	at   int  // bytes of the line before the next byte
	err  error
}

// LimitLines bounds the lines from here on to max bytes.
func (c *checked) LimitLines(max int) { c.max = max }

// Read reads text that was checked. An error names line and byte, both from 1.
func (c *checked) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	// Only whole characters are handed on: what a read may cut off stays in the buffer.
	head, err := c.r.Peek(1)
	if len(head) == 0 {
		if err != io.EOF {
			err = CutShort(err)
		}
		c.err = err
		return 0, err
	}
	head, _ = c.r.Peek(min(max(c.r.Buffered(), utf8.UTFMax), len(p)))
	n := whole(head)
	if n == 0 {
		n = len(head) // a character cut off by the end of the file: invalid
	}
	copy(p, head[:n])
	_, _ = c.r.Discard(n) // peeked
	if c.lone {
		for i, b := range p[:n] {
			if b == '\r' {
				p[i] = '\n'
			}
		}
	}
	if c.err = c.check(p[:n]); c.err != nil {
		return 0, c.err
	}
	return n, nil
}

// whole is how many bytes of b are whole characters, or cannot be the start of one.
func whole(b []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(b)); back++ {
		if tail := b[len(b)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return len(b) - back
			}
			break
		}
	}
	return len(b)
}

// check goes over text and counts lines.
func (c *checked) check(b []byte) error {
	valid := utf8.Valid(b)
	if valid && (c.max == 0 || c.at+len(b) <= c.max) { // no line can be too long
		if end := bytes.LastIndexByte(b, '\n'); end >= 0 {
			c.line, c.at = c.line+bytes.Count(b[:end+1], []byte{'\n'}), 0
			b = b[end+1:]
		}
		c.at += len(b)
		return nil
	}
	for len(b) > 0 {
		part := b
		end := bytes.IndexByte(b, '\n')
		if end >= 0 {
			part = b[:end]
		}
		if !valid {
			if bad := firstInvalid(part); bad >= 0 {
				return fmt.Errorf("line %d, byte %d: %q is not UTF-8: save the file as UTF-8, or name its encoding with --encoding (latin1, windows-1252, gbk, shift_jis, ...)",
					c.line, c.at+bad+1, around(part, bad))
			}
		}
		c.at += len(part)
		if c.max > 0 && c.at > c.max {
			return fmt.Errorf("line %d is longer than %d bytes", c.line, c.max)
		}
		if end < 0 {
			break
		}
		c.line, c.at = c.line+1, 0
		b = b[end+1:]
	}
	return nil
}

// firstInvalid is the place of the first byte that is not part of a character, -1 without one.
func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// around is the word about byte i, shortened.
func around(b []byte, i int) []byte {
	const most = 20
	isEnd := func(c byte) bool { return c == ',' || c == ';' || c == '\t' || c == '"' || c == ' ' }
	from, to := i, i+1
	for from > 0 && i-from < most && !isEnd(b[from-1]) {
		from--
	}
	for to < len(b) && to-i < most && !isEnd(b[to]) {
		to++
	}
	return b[from:to]
}
