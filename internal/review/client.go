package review

import (
	"slices"
	"time"
)

// client is one browser. The session's lock guards it, that of the guard when it was seen.
type client struct {
	seen     time.Time
	hide     bool       // the score, the label and the reason until a question is answered
	steps    [][]change // what undo takes back, the last step last
	times    []instant  // when answers came, as far back as the pace looks
	shown    []int      // questions held for it
	message  string     // for the next page
	trouble  bool       // the message tells of something that went wrong
	answered []int      // last answered questions, the latest first
}

// change is one answer that was given.
type change struct {
	n       int
	was     Answer
	version uint32 // of the question, after it
}

// instant says how many answers came at a time.
type instant struct {
	at      time.Time
	answers int
}

const (
	mostSteps    = 1000            // that can be undone
	mostAnswered = 5               // shown on a page
	paceWindow   = 5 * time.Minute // in which answers per minute are counted
)

// did records a step.
func (c *client) did(step []change, saved int, now time.Time) {
	if len(step) == 0 {
		return
	}
	c.steps = append(c.steps, step)
	if len(c.steps) > mostSteps {
		c.steps = slices.Delete(c.steps, 0, len(c.steps)-mostSteps)
	}
	if saved > 0 {
		c.times = append(c.times, instant{now, saved})
	}
	for _, ch := range step {
		c.answered = slices.DeleteFunc(c.answered, func(n int) bool { return n == ch.n })
		c.answered = slices.Insert(c.answered, 0, ch.n)
	}
	c.answered = c.answered[:min(len(c.answered), mostAnswered)]
}

// last is the step that undo takes back; empty if there is none.
func (c *client) last() []change {
	if len(c.steps) == 0 {
		return nil
	}
	return c.steps[len(c.steps)-1]
}

// forget drops the last step.
func (c *client) forget() {
	for _, ch := range c.last() {
		c.answered = slices.DeleteFunc(c.answered, func(n int) bool { return n == ch.n })
	}
	if n := len(c.steps); n > 0 {
		c.steps = c.steps[:n-1]
	}
}

// pace is how many answers per minute came in the last minutes; 0 before the second one.
func (c *client) pace(now time.Time) float64 {
	c.times = slices.DeleteFunc(c.times, func(t instant) bool { return now.Sub(t.at) > paceWindow })
	if len(c.times) < 2 {
		return 0
	}
	n := 0
	for _, t := range c.times[1:] { // the first one starts the clock
		n += t.answers
	}
	span := max(now.Sub(c.times[0].at), time.Second)
	return float64(n) / span.Minutes()
}
