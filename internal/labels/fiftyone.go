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
	f := fiftyOne{gatherer: gatherer{list: list, rep: rep}, s: s, wrong: faults{most: o.MaxErrors}}
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
		return nil, f.wrong.end(err)
	}
	f.resolve()
	if err := f.wrong.err(); err != nil {
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
	wrong  faults
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
		return errors.Join(f.s.Skip(), f.wrong.stop(fmt.Errorf("image %q comes twice", clip(name))))
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
		return f.wrong.stop(fmt.Errorf("image %q: label %s: want a name or a number", clip(f.name), text))
	}
	f.stated = append(f.stated, fiftyOneLabel{f.row, f.name, text, kind == jsonscan.Number})
	return nil
}

// resolve adds the labels, as long as there is room for what is wrong with them.
func (f *fiftyOne) resolve() {
	for _, name := range f.names {
		class, err := f.list.column(name)
		if err == nil {
			f.list.seen(class, ClassName(name))
		} else if !errors.Is(err, errSkip) {
			if f.wrong.full(fmt.Errorf("classes: %w", err)) {
				return
			}
		}
	}
	for _, l := range f.stated {
		if err := f.state(l); err != nil && f.wrong.full(fmt.Errorf("image %q: %w", clip(l.image), err)) {
			return
		}
	}
}

// state adds one label, whose number is that of a class of the file.
func (f *fiftyOne) state(l fiftyOneLabel) error {
	if l.number {
		i, err := strconv.Atoi(l.label)
		if err != nil || i < 0 || i >= len(f.names) {
			return fmt.Errorf("label %s: there are %d \"classes\"", clip(l.label), len(f.names))
		}
		l.label = f.names[i]
	}
	return f.add(l.row, l.label, Positive, l.image)
}
