package labels

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"csl/internal/jsonscan"
)

// readFiftyOne reads FiftyOneImageClassificationDataset's labels.json: {"classes": [names], "labels":
// {image: number, name, list of them, or null}}. What is named is present, everything else unknown.
func readFiftyOne(text io.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	s := jsonscan.New(text)
	f := fiftyOne{gatherer: gatherer{list: list, rep: rep}, s: s}
	err := s.Object(func(key string) (err error) {
		switch key {
		case "classes":
			f.names, err = readNames(s, key)
			return err
		case "labels":
			return s.Object(f.image)
		}
		return s.Skip()
	})
	if err != nil {
		return nil, err
	}
	if err := f.resolve(); err != nil {
		return nil, err
	}
	set, err := f.set(Unknown)
	if err != nil {
		return nil, err
	}
	return dropUnannotated(set, func(i int) bool { return len(set.row(i)) > 0 }, o.KeepUnannotated, rep), nil
}

// fiftyOne is the state of reading: numbers are resolved at the end, as the classes may come last.
type fiftyOne struct {
	gatherer
	s      *jsonscan.Scanner
	names  []string
	row    int
	name   string
	stated []fiftyOneLabel
}

type fiftyOneLabel struct {
	row    int
	image  string
	label  string
	number bool
}

func (f *fiftyOne) image(name string) error {
	row, isNew := f.builder.Image(name)
	if !isNew {
		return fmt.Errorf("image %q comes twice", clip(name))
	}
	f.row, f.name = row, name
	return f.value()
}

// value reads a label, an object with a label, a list of them, or null.
func (f *fiftyOne) value() error {
	kind, err := f.s.Kind()
	switch {
	case err != nil:
		return err
	case kind == jsonscan.List:
		return f.s.List(f.value)
	case kind == jsonscan.Object:
		return f.s.Object(func(key string) error {
			if key == "label" {
				return f.value()
			}
			return f.s.Skip()
		})
	}
	text, kind, err := f.s.Scalar()
	switch {
	case err != nil || kind == jsonscan.Null:
		return err
	case kind == jsonscan.Bool:
		return fmt.Errorf("image %q: label %s: want a name or a number", clip(f.name), text)
	}
	f.stated = append(f.stated, fiftyOneLabel{f.row, f.name, text, kind == jsonscan.Number})
	return nil
}

// resolve adds the labels.
func (f *fiftyOne) resolve() error {
	for _, name := range f.names {
		class, err := f.list.column(name)
		if err == nil {
			f.list.seen(class, ClassName(name))
		} else if !errors.Is(err, errSkip) {
			return fmt.Errorf("classes: %w", err)
		}
	}
	for _, l := range f.stated {
		if l.number {
			i, err := strconv.Atoi(l.label)
			if err != nil || i < 0 || i >= len(f.names) {
				return fmt.Errorf("image %q: label %s: there are %d \"classes\"", clip(l.image), clip(l.label), len(f.names))
			}
			l.label = f.names[i]
		}
		if err := f.add(l.row, l.label, Positive, l.image); err != nil {
			return fmt.Errorf("image %q: %w", clip(l.image), err)
		}
	}
	return nil
}
