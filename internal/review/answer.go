package review

import (
	"fmt"

	"csl/internal/labels"
)

// Answer is what is known of a question.
type Answer uint8

// The answers. Skipped lasts as long as the server, the others are in the file.
const (
	Open    Answer = iota // not answered yet
	Yes                   // the class is present
	No                    // the class is absent
	Unsure                // the person could not tell
	Skipped               // asked again when nothing else is left
	answers               // how many there are
)

// String is the answer as forms and messages have it.
func (a Answer) String() string {
	return [...]string{"open", "yes", "no", "unsure", "skip"}[a]
}

// answered tells whether the question needs no asking any more.
func (a Answer) answered() bool { return a == Yes || a == No || a == Unsure }

// parseAnswer reads what a form sends.
func parseAnswer(text string) (Answer, error) {
	for a := Yes; a < answers; a++ {
		if a.String() == text {
			return a, nil
		}
	}
	return Open, fmt.Errorf("answer %q: want yes, no, unsure or skip", text)
}

// value is the answer as the file has it.
func (a Answer) value() string {
	switch a {
	case Yes:
		return "1"
	case No:
		return "0"
	case Unsure:
		return labels.Unsure
	}
	return labels.Undone
}

// parseValue reads what the file has.
func parseValue(text string) (Answer, error) {
	for _, a := range []Answer{Open, Yes, No, Unsure} {
		if a.value() == text {
			return a, nil
		}
	}
	return Open, fmt.Errorf("value %q: want 1, 0, %s or %s", text, labels.Unsure, labels.Undone)
}
