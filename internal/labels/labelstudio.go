package labels

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"csl/internal/jsonscan"
)

// readLabelStudio reads Label Studio's list of tasks (JSON and JSON_MIN): choices are present, or
// absent where the name of their field says so; everything else is unknown. Predictions and
// cancelled annotations do not count.
func readLabelStudio(text io.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	s := jsonscan.New(text)
	t := studio{gatherer: gatherer{list: list, rep: rep}, s: s}
	wrong := faults{most: o.MaxErrors}
	n := 0
	err := s.List(func() error {
		n++
		at := s.Offset()
		if err := t.task(); err != nil {
			return fmt.Errorf("byte %d, task %d: %w", at, n, err)
		}
		if err := t.state(); err != nil {
			return wrong.stop(fmt.Errorf("byte %d, task %d: %w", at, n, err))
		}
		return nil
	})
	if err != nil {
		return nil, wrong.end(err)
	}
	if atEnd, err := s.AtEnd(); err != nil || !atEnd {
		return nil, wrong.with(errors.Join(errors.New("there is more after the end of the list"), err))
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	set, err := t.set(Unknown)
	if err != nil {
		return nil, err
	}
	return dropUnannotated(set, func(i int) bool { return len(set.row(i)) > 0 }, o.KeepUnannotated, rep), nil
}

// studio is the state of reading.
type studio struct {
	gatherer
	s      *jsonscan.Scanner
	image  string
	chosen []choice
}

// choice is one or more labels under the name of their field.
type choice struct {
	field  string
	labels []string
}

// task reads a task.
func (t *studio) task() error {
	t.image, t.chosen = "", nil
	return t.s.Object(func(key string) error {
		switch key {
		case "data":
			return t.data()
		case "annotations", "completions": // the second in old exports
			return t.s.List(t.annotation)
		case "predictions", "drafts", "id", "meta", "annotator", "annotation_id", "created_at", "updated_at", "lead_time":
			return t.s.Skip()
		}
		return t.field(key)
	})
}

// state adds the labels of the task that was read.
func (t *studio) state() error {
	if t.image == "" {
		return errors.New("no image: want \"data\": {\"image\": ...}")
	}
	row, _ := t.builder.Image(t.image)
	for _, c := range t.chosen {
		state := Positive
		if slices.Contains([]string{"absent", "negative", "negatives", "not_present"}, strings.ToLower(c.field)) {
			state = Negative
		}
		for _, label := range c.labels {
			if err := t.add(row, label, state, t.image); err != nil {
				return err
			}
		}
	}
	return nil
}

// data reads the task's data, in which the image is called "image" or by the first text that ends
// like an image's name.
func (t *studio) data() error {
	return t.s.Object(t.field)
}

// field reads a value of the task's data, or of JSON_MIN: the image, or choices.
func (t *studio) field(key string) error {
	kind, err := t.s.Kind()
	switch {
	case err != nil:
		return err
	case kind == jsonscan.Text:
		text, _, err := t.s.Scalar()
		name := studioImage(text)
		switch {
		case key == "image", t.image == "" && isImagePath(name):
			t.image = name
		case slices.Contains([]string{"present", "absent", "choice", "choices", "label", "class"}, key):
			t.chosen = append(t.chosen, choice{key, []string{text}})
		}
		return err
	case kind == jsonscan.Object:
		return t.choices(key)
	}
	return t.s.Skip()
}

// choices reads {"choices": ...}.
func (t *studio) choices(field string) error {
	return t.s.Object(func(key string) error {
		if key != "choices" {
			return t.s.Skip()
		}
		labels, err := readOneOrMore(t.s, key)
		t.chosen = append(t.chosen, choice{field, labels})
		return err
	})
}

// readOneOrMore reads a text or a list of texts.
func readOneOrMore(s *jsonscan.Scanner, what string) ([]string, error) {
	if kind, err := s.Kind(); err != nil || kind == jsonscan.List || kind == jsonscan.Null {
		names, err2 := readNames(s, what)
		return names, errors.Join(err, err2)
	}
	name, err := readName(s, what, true)
	return []string{name}, err
}

// annotation reads what one annotator said.
func (t *studio) annotation() error {
	before, cancelled := len(t.chosen), false
	err := t.s.Object(func(key string) (err error) {
		switch key {
		case "was_cancelled":
			cancelled, err = readFlag(t.s, key)
			return err
		case "result":
			return t.s.List(t.result)
		}
		return t.s.Skip()
	})
	if cancelled {
		t.chosen = t.chosen[:before]
	}
	return err
}

// result reads one answer.
func (t *studio) result() error {
	before, field := len(t.chosen), ""
	err := t.s.Object(func(key string) (err error) {
		switch key {
		case "from_name":
			field, err = readName(t.s, key, true)
			return err
		case "value":
			if kind, err := t.s.Kind(); err != nil || kind != jsonscan.Object {
				return errors.Join(err, t.s.Skip())
			}
			return t.choices("")
		}
		return t.s.Skip()
	})
	for i := range t.chosen[before:] {
		t.chosen[before+i].field = field
	}
	return err
}

// studioImage is the file's name in the address of an image: what ?d= names for local files, the path
// of an upload below the upload folder, the last part of a web address.
func studioImage(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return address
	case u.Query().Get("d") != "":
		return u.Query().Get("d")
	case u.Host != "", strings.HasPrefix(address, "/data/upload/"):
		return path.Base(u.Path)
	}
	return address
}
