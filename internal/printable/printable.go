// Package printable makes text that comes from files (names of classes, images, tensors, archive members) safe to show
// on a terminal: control characters and characters that reorder text are shown by their codes. What a terminal shows
// besides does not belong here.
package printable

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is text that stays on its line and does nothing to a terminal. What is not printable is shown as Go would write
// it in quotes: \n, \x1b, \u202e.
func Line(text string) string {
	if isSafe(text, false) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case safe(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	return b.String()
}

// safe reports whether a terminal just shows r. Joiners, which make emoji and scripts, do no harm.
func safe(r rune) bool {
	return r == ' ' || unicode.IsPrint(r) || r == '\u200c' || r == '\u200d' || unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Co, r)
}

// isSafe reports whether text can be shown as it is; lines may end and have tabs if layout is set.
func isSafe(text string, layout bool) bool {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' && !(layout && (c == '\n' || c == '\t')) || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 || !safe(r) {
			return false
		}
		i += n
	}
	return true
}

// Writer passes on text for people and JSON, with what a terminal might act on as \uXXXX, which JSON reads back as what
// it was. Line ends and tabs are kept.
type Writer struct {
	w    io.Writer
	held []byte // the start of a character whose end is still to come
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	text := string(append(w.held, p...))
	w.held = w.held[:0]
	if cut := whole(text); cut < len(text) {
		w.held = append(w.held, text[cut:]...)
		text = text[:cut]
	}
	if !isSafe(text, true) {
		text = escaped(text)
	}
	if _, err := io.WriteString(w.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// whole is how much of text are whole characters.
func whole(text string) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(text)); back++ {
		if tail := text[len(text)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return len(text) - back
			}
			break
		}
	}
	return len(text)
}

func escaped(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\ufffd`)
		case safe(r), r == '\n', r == '\t':
			b.WriteRune(r)
		case r > 0xffff: // none of these does anything to a terminal, but JSON has pairs only
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	return b.String()
}

// Cell is a name for a cell of a spreadsheet: one that a spreadsheet would take for a formula gets an apostrophe in
// front, which spreadsheets do not show.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
