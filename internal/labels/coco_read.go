package labels

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"

	"csl/internal/jsonscan"
)

// scalar is a JSON number or text used as an id; 7, 7.0 and "7" are one id.
type scalar string

// readScalar takes a number or a text; null leaves the id empty.
func readScalar(s *jsonscan.Scanner, what string) (scalar, error) {
	text, kind, err := s.Scalar()
	switch {
	case err != nil:
		return "", err
	case kind == jsonscan.Null:
		return "", nil
	case kind == jsonscan.Bool:
		return "", fmt.Errorf("%s is %s, want a number or a text", what, text)
	case kind == jsonscan.Number:
		if len(text) <= 15 && isNatural(text) {
			return scalar(text), nil
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return scalar(strconv.FormatInt(int64(f), 10)), nil
		}
	}
	return scalar(text), nil
}

// isNatural tells whether a number is written as FormatInt writes one that is not negative.
func isNatural(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text == "0" || text[0] != '0'
}

// readName takes a text, or the digits of a number where anyNumber; null is none.
func readName(s *jsonscan.Scanner, what string, anyNumber bool) (string, error) {
	text, kind, err := s.Scalar()
	switch {
	case err != nil:
		return "", err
	case kind == jsonscan.Text, kind == jsonscan.Number && anyNumber:
		return text, nil
	case kind == jsonscan.Null:
		return "", nil
	}
	return "", kindError{what, text}
}

// kindError is a field that is not a text.
type kindError struct{ what, text string }

func (e kindError) Error() string {
	return fmt.Sprintf("%s is %s, want a text in quotes", e.what, clip(e.text))
}

// readFlag takes 0 or 1 as number, text or truth value, as different tools write it.
func readFlag(s *jsonscan.Scanner, what string) (bool, error) {
	text, kind, err := s.Scalar()
	if err != nil || kind == jsonscan.Null {
		return false, err
	}
	switch text {
	case "false", "", "0":
		return false, nil
	case "true", "1":
		return true, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != 0 && f != 1 {
		return false, fmt.Errorf("%s is %s, want 0 or 1", what, text)
	}
	return f == 1, nil
}

// readScalars takes a list of ids; null is none.
func readScalars(s *jsonscan.Scanner, what string) ([]scalar, error) {
	if kind, err := s.Kind(); err != nil {
		return nil, err
	} else if kind == jsonscan.Null {
		return nil, s.Skip()
	}
	ids := []scalar{}
	err := s.List(func() error {
		id, err := readScalar(s, what)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// cocoImage is one of "images". The lists are LVIS's.
type cocoImage struct {
	id            scalar
	fileName      string
	cocoURL       string
	negative      []scalar
	notExhaustive []scalar
	err           error // of a field, for a message with the id
}

// read takes an entry.
func (i *cocoImage) read(s *jsonscan.Scanner) error {
	return s.Object(func(key string) (err error) {
		switch key {
		case "id":
			i.id, err = readScalar(s, key)
		case "file_name":
			i.fileName, err = readName(s, key, false)
			if errors.As(err, new(kindError)) {
				i.err, err = err, nil
			}
		case "coco_url":
			i.cocoURL, err = readName(s, key, false)
		case "neg_category_ids":
			i.negative, err = readScalars(s, key)
		case "not_exhaustive_category_ids":
			i.notExhaustive, err = readScalars(s, key)
		default:
			err = s.Skip()
		}
		return err
	})
}

// cocoAnnotation is one of "annotations". Boxes and masks are stepped over.
type cocoAnnotation struct {
	id, image, category scalar
	crowd               bool
}

// read takes an entry.
func (a *cocoAnnotation) read(s *jsonscan.Scanner) error {
	return s.Object(func(key string) (err error) {
		switch key {
		case "id":
			a.id, err = readScalar(s, key)
		case "image_id":
			a.image, err = readScalar(s, key)
		case "category_id":
			a.category, err = readScalar(s, key)
		case "iscrowd":
			a.crowd, err = readFlag(s, key)
		default:
			err = s.Skip()
		}
		return err
	})
}

// cocoCategory is one of "categories".
type cocoCategory struct {
	id              scalar
	name, frequency string // frequency is LVIS's
}

// read takes an entry.
func (c *cocoCategory) read(s *jsonscan.Scanner) error {
	return s.Object(func(key string) (err error) {
		switch key {
		case "id":
			c.id, err = readScalar(s, key)
		case "name":
			c.name, err = readName(s, key, true)
		case "frequency":
			c.frequency, err = readFrequency(s)
		default:
			err = s.Skip()
		}
		return err
	})
}

// readFrequency takes LVIS's frequency; anything else is none.
func readFrequency(s *jsonscan.Scanner) (string, error) {
	if kind, err := s.Kind(); err != nil || kind != jsonscan.Text {
		return "", cmp.Or(err, s.Skip())
	}
	text, _, err := s.Scalar()
	if text != "r" && text != "c" && text != "f" {
		text = ""
	}
	return text, err
}

// entryFault is an error of an entry that was read to its end, so that the next one can be read.
type entryFault struct{ error }

// Unwrap is the error.
func (e entryFault) Unwrap() error { return e.error }

func entryError(err error) error {
	if err == nil {
		return nil
	}
	return entryFault{err}
}

// cocoList calls f for every entry of the list what, with the byte at which the entry begins. wrong gathers
// the errors of entries.
func cocoList(s *jsonscan.Scanner, what string, wrong *faults, f func(at int64) error) error {
	var stop error
	err := s.List(func() error {
		at := s.Offset()
		err := f(at)
		if err == nil {
			return nil
		}
		if err = fmt.Errorf("byte %d: %w", at, err); errors.As(err, new(entryFault)) {
			stop = wrong.note(fmt.Errorf("%s: %w", what, err))
			return stop
		}
		return err
	})
	switch {
	case stop != nil:
		return stop
	case err != nil:
		return wrong.with(fmt.Errorf("%s: %w", what, err))
	}
	return nil
}
