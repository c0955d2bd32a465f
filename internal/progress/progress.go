// Package progress talks to the person in front of a long command: one line with bar, rate and time
// left on a terminal, plain log lines elsewhere, and the log itself, which shares the screen with
// the bar. Results do not belong here: they go to standard output by the commands' own hands, where
// that is the same screen through [Display.Beside].
package progress

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

// How often something is shown at most: on a terminal, and as log lines.
const (
	drawEvery = 100 * time.Millisecond
	lineEvery = 10 * time.Second
)

// Options say where a [Display] writes and how much.
type Options struct {
	Out     io.Writer        // standard error, as a rule
	TTY     bool             // Out is a terminal that can redraw a line
	Width   func() int       // columns of the terminal; nil: 80
	Now     func() time.Time // nil: time.Now
	Quiet   bool             // warnings and errors only, no progress
	Verbose bool             // also debug messages, with the time of day
	Format  Format           // of the log; the empty one is Text
}

// Display shows the progress of tasks and carries the log. Its methods may be called from many
// goroutines.
type Display struct {
	o   Options
	log *slog.Logger

	mu    sync.Mutex // guards all below and, on a terminal, writing to o.Out
	tasks []*Task    // running ones; the last is shown
	drawn int        // columns of the line that is on the terminal now
	last  time.Time  // when it was drawn
}

// New makes a display. Nothing is shown until a task reports or something is logged.
func New(o Options) *Display {
	if o.Width == nil {
		o.Width = func() int { return 80 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Display{o: o}
	d.log = slog.New(newHandler(writer{d, o.Out}, o))
	return d
}

// Log is the logger; what it writes and the bar do not disturb each other.
func (d *Display) Log() *slog.Logger { return d.log }

// Task is one piece of long work. A nil *Task is valid and shows nothing.
type Task struct {
	d       *Display
	label   string
	unit    string
	total   int64 // 0: unknown
	done    int64
	note    string
	started time.Time
	rate    rate
	line    time.Time // when the last log line came
	lines   int       // how many came
}

// Start begins a task of total units ("img", "step"); 0 where the number is not known. A task
// started while another runs hides that one until it is done.
func (d *Display) Start(label, unit string, total int64) *Task {
	now := d.o.Now()
	t := &Task{d: d, label: label, unit: unit, total: total, started: now, line: now, rate: rate{at: now}}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tasks = append(d.tasks, t)
	return t
}

// From says that n units were done before the task began (by the run that is resumed): they
// count as done but not for the rate.
func (t *Task) From(n int64) {
	if t == nil {
		return
	}
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	t.done, t.rate.done = n, n
}

// Label changes the task's name, such as "epoch 3/30".
func (t *Task) Label(label string) {
	if t == nil {
		return
	}
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	t.label = label
}

// Note sets a short text that follows the numbers, such as "loss 12.3".
func (t *Task) Note(note string) {
	if t == nil {
		return
	}
	t.d.mu.Lock()
	defer t.d.mu.Unlock()
	t.note = note
}

// Add reports n more units done. It shows the new state if the last one is old enough.
func (t *Task) Add(n int64) {
	if t == nil {
		return
	}
	t.d.mu.Lock()
	t.done += n
	t.d.update(t, t.d.o.Now())
}

// Done ends the task: its line vanishes from a terminal; in a log that has lines of it, one more
// tells the final state. Further calls do nothing.
func (t *Task) Done() {
	if t == nil {
		return
	}
	d := t.d
	d.mu.Lock()
	at := -1
	for i, other := range d.tasks {
		if other == t {
			at = i
		}
	}
	if at < 0 {
		d.mu.Unlock()
		return
	}
	d.tasks = append(d.tasks[:at], d.tasks[at+1:]...)
	d.erase()
	d.last = time.Time{} // the task below may show itself at once
	final := t.lines > 0
	attrs := t.attrs(d.o.Now())
	label := t.label
	d.mu.Unlock()
	if final {
		d.log.Info(label, attrs...)
	}
}

// update shows t if it is time to. It is called with d.mu held and gives it back.
func (d *Display) update(t *Task, now time.Time) {
	switch {
	case d.o.Quiet || len(d.tasks) == 0 || d.tasks[len(d.tasks)-1] != t:
	case d.o.TTY:
		if now.Sub(d.last) >= drawEvery {
			d.last = now
			t.rate.update(t.done, now)
			d.draw(t)
		}
	case now.Sub(t.line) >= lineEvery:
		t.line = now
		t.lines++
		t.rate.update(t.done, now)
		attrs, label := t.attrs(now), t.label
		d.mu.Unlock()
		d.log.Info(label, attrs...)
		return
	}
	d.mu.Unlock()
}

// attrs are the task's state as log attributes.
func (t *Task) attrs(now time.Time) []any {
	a := []any{"done", t.done}
	if t.total > 0 {
		a = append(a, "of", t.total)
	}
	if t.rate.known() {
		a = append(a, "rate", t.rateText())
	}
	if left, ok := t.left(); ok && t.done < t.total {
		a = append(a, "left", Duration(left))
	}
	a = append(a, "elapsed", Duration(now.Sub(t.started)))
	if t.note != "" {
		a = append(a, "note", t.note)
	}
	return a
}
