package labels

import (
	"fmt"
	"strconv"
	"strings"
)

// Values is what the numbers of a CSV file mean.
type Values string

// The codings of CSV values.
const (
	CSL Values = ""    // 1 present, 0 absent, -1 unknown
	VOC Values = "voc" // Pascal VOC's: 1 present, -1 absent, 0 difficult, which is taken as unknown
)

// ParseValues is the coding of that name; the empty name and "csl" are CSL.
func ParseValues(name string) (Values, error) {
	switch name {
	case "", "csl":
		return CSL, nil
	case "voc":
		return VOC, nil
	}
	return CSL, fmt.Errorf("unknown coding of values %q: want csl (1, 0, -1 = unknown) or voc (1, -1, 0 = difficult)", name)
}

// state is parse of bytes. The usual values cost no memory.
func (v Values) state(text []byte) (State, error) {
	if v == CSL {
		switch string(text) {
		case "1":
			return Positive, nil
		case "0":
			return Negative, nil
		case "-1":
			return Unknown, nil
		}
	}
	return v.parse(string(text))
}

// parse reads a value: a number, or a truth value as pandas and spreadsheets write it.
func (v Values) parse(s string) (State, error) {
	number := 0
	switch text := strings.ToLower(strings.TrimSpace(s)); text {
	case "1", "true", "yes", "x", "y", "present", "positive":
		number = 1
	case "0":
	case "false", "no", "n", "absent", "negative":
		return Negative, nil
	case "?", "unknown":
		return Unknown, nil
	case "-1":
		number = -1
	default:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != 1 && f != 0 && f != -1 {
			return Unknown, fmt.Errorf("value %q: want 1 (present), 0 (absent) or -1 (unknown)", clip(s))
		}
		number = int(f)
	}
	if v == VOC && number <= 0 {
		number = -1 - number
	}
	return State(number), nil
}
