package labels

import (
	"errors"
	"fmt"

	"csl/internal/jsonscan"
)

// besideJSON reads the JSON beside an image: a label, a list of labels, or an object with lists of them.
type besideJSON struct {
	s     *jsonscan.Scanner
	to    *beside
	other map[string]bool // keys that are not read
}

func (j *besideJSON) read() error {
	kind, err := j.s.Kind()
	switch {
	case err != nil:
		return err
	case kind == jsonscan.Object:
		err = j.s.Object(j.field)
	default:
		err = j.values(&j.to.positive)
	}
	if err != nil {
		return err
	}
	if atEnd, err := j.s.AtEnd(); err != nil || !atEnd {
		return errors.Join(errors.New("more than one JSON value"), err)
	}
	return nil
}

// field reads one of the object's values.
func (j *besideJSON) field(key string) error {
	switch key {
	case "positive", "positives", "present", "label", "labels", "class", "classes", "cls", "tag", "tags", "category", "categories":
		return j.values(&j.to.positive)
	case "negative", "negatives", "absent":
		return j.values(&j.to.negative)
	}
	j.other[key] = true
	return j.s.Skip()
}

// values reads a label, an object that has one, or a list of them; null is none.
func (j *besideJSON) values(to *[]string) error {
	kind, err := j.s.Kind()
	switch {
	case err != nil:
		return err
	case kind == jsonscan.List:
		return j.s.List(func() error { return j.values(to) })
	case kind == jsonscan.Object:
		return j.s.Object(func(key string) error {
			if key == "label" || key == "name" || key == "category" {
				return j.values(to)
			}
			return j.s.Skip()
		})
	}
	text, kind, err := j.s.Scalar()
	switch {
	case err != nil || kind == jsonscan.Null:
		return err
	case kind == jsonscan.Bool:
		return fmt.Errorf("label %s: want a name or a number", text)
	}
	*to = append(*to, text)
	return nil
}
