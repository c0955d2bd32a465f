package progress

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Widths of the bar between its brackets.
const (
	minBar = 8
	maxBar = 30
)

// draw puts the task's line on the terminal in place of the last one. d.mu is held.
func (d *Display) draw(t *Task) {
	line := t.render(d.o.Width() - 1) // the last column would make some terminals wrap
	pad := max(d.drawn-utf8.RuneCountInString(line), 0)
	d.drawn = utf8.RuneCountInString(line)
	// A terminal that is gone must not stop the work.
	_, _ = io.WriteString(d.o.Out, "\r"+line+strings.Repeat(" ", pad))
}

// erase takes the line off the terminal. d.mu is held.
func (d *Display) erase() {
	if d.drawn > 0 {
		_, _ = io.WriteString(d.o.Out, "\r"+strings.Repeat(" ", d.drawn)+"\r")
		d.drawn = 0
	}
}

// render is the richest form of the task's line that fits in width columns. What goes first when
// it is narrow: the note, the count, the bar, the rate, the time left, the end of the label.
func (t *Task) render(width int) string {
	percent, count := "", fmt.Sprintf("%d %s", t.done, t.unit)
	if t.total > 0 {
		percent = fmt.Sprintf("%3d%%", min(100*t.done/t.total, 100))
		count = fmt.Sprintf("%d/%d %s", t.done, t.total, t.unit)
	}
	rate, left := "", ""
	if t.rate.known() {
		rate = t.rateText()
	}
	if d, ok := t.left(); ok {
		left = Duration(d) + " left"
	}
	bar := t.total > 0
	for _, form := range []struct {
		bar   bool
		parts []string
	}{
		{bar, []string{percent, count, rate, left, t.note}},
		{bar, []string{percent, count, rate, left}},
		{bar, []string{percent, rate, left}},
		{false, []string{percent, rate, left}},
		{false, []string{percent, left}},
		{false, []string{orElse(percent, count)}},
	} {
		if line, ok := t.fit(form.bar, form.parts, width); ok {
			return line
		}
	}
	return clip(t.label, width)
}

// fit joins label, bar and parts, the bar taking what room is left.
func (t *Task) fit(bar bool, parts []string, width int) (string, bool) {
	var present []string
	for _, p := range parts {
		if p != "" {
			present = append(present, p)
		}
	}
	rest := strings.Join(present, "  ")
	room := width - utf8.RuneCountInString(t.label) - 2 - utf8.RuneCountInString(rest)
	if !bar {
		return t.label + "  " + rest, room >= 0
	}
	cells := min(room-3, maxBar) // two brackets and a space
	if cells < minBar {
		return "", false
	}
	full := int(min(t.done, t.total) * int64(cells) / t.total)
	return fmt.Sprintf("%s  [%s%s] %s", t.label, strings.Repeat("=", full), strings.Repeat(" ", cells-full), rest), true
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// clip cuts s to width runes.
func clip(s string, width int) string {
	if r := []rune(s); len(r) > max(width, 0) {
		return string(r[:max(width, 0)])
	}
	return s
}

// Beside is w for whole lines of results that go to the screen which the bar is on: the bar makes
// room for them. Each Write must end with a line's end.
func (d *Display) Beside(w io.Writer) io.Writer { return writer{d, w} }

// writer takes lines for the screen: the bar makes room for them and comes back.
type writer struct {
	d  *Display
	to io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	d := w.d
	d.mu.Lock()
	defer d.mu.Unlock()
	shown := d.drawn > 0
	d.erase()
	n, err := w.to.Write(p)
	if shown && len(d.tasks) > 0 {
		d.draw(d.tasks[len(d.tasks)-1])
	}
	return n, err
}
