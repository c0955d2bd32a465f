package labels

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"csl/internal/jsonscan"
	"csl/internal/textio"
)

// maxJSONLine is the longest line of JSONL, in bytes.
const maxJSONLine = 16 << 20

// jsonlRow is one line.
type jsonlRow struct {
	image              string
	positive, negative []string
}

// read takes a line. A misspelt key must not pass as nothing said, so others are errors.
func (r *jsonlRow) read(s *jsonscan.Scanner) error {
	return s.Object(func(key string) (err error) {
		switch key {
		case "image":
			r.image, err = readName(s, key, false)
		case "positive":
			r.positive, err = readNames(s, key)
		case "negative":
			r.negative, err = readNames(s, key)
		default:
			err = fmt.Errorf("key %q is not known: want image, positive and negative", clip(key))
		}
		return err
	})
}

// readNames takes a list of texts; null is none.
func readNames(s *jsonscan.Scanner, what string) ([]string, error) {
	if kind, err := s.Kind(); err != nil {
		return nil, err
	} else if kind == jsonscan.Null {
		return nil, s.Skip()
	}
	var names []string
	err := s.List(func() error {
		name, err := readName(s, what, true)
		names = append(names, name)
		return err
	})
	return names, err
}

// readJSONL reads one object per line.
func readJSONL(text *bufio.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	var b Builder
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 64<<10), maxJSONLine)
	s := jsonscan.New(nil)
	wrong := faults{most: o.MaxErrors}
	line := 1
	for ; lines.Scan(); line++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := jsonlLine(s, lines.Text(), line, &b, list, rep); err != nil {
			if err = wrong.note(fmt.Errorf("line %d: %w", line, err)); err != nil {
				return nil, err
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, wrong.with(fmt.Errorf("line %d is longer than %d bytes", line, maxJSONLine))
	} else if err != nil {
		return nil, wrong.with(textio.CutShort(err))
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	set, err := b.Build(list.classes, Unknown)
	if err != nil {
		return nil, err
	}
	rep.addN(DuplicateRows, b.Duplicates, nil)
	list.reportAbsent(rep)
	return dropUnannotated(set, func(i int) bool { return len(set.row(i)) > 0 }, o.KeepUnannotated, rep), nil
}

func jsonlLine(s *jsonscan.Scanner, text string, line int, b *Builder, list *classList, rep *Report) error {
	var v jsonlRow
	s.Reset(strings.NewReader(text))
	if err := v.read(s); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the JSON object is cut short")
		}
		return err
	}
	if done, err := s.AtEnd(); err != nil {
		return err
	} else if !done {
		return errors.New("more than one JSON value in the line")
	}
	if v.image == "" {
		return errors.New("no \"image\"")
	}
	row, isNew := b.Image(v.image)
	if !isNew {
		return fmt.Errorf("image %q was in an earlier line", clip(v.image))
	}
	positive := make(map[string]bool, len(v.positive))
	for _, label := range v.positive {
		positive[ClassName(label)] = true
	}
	for _, label := range v.negative {
		if positive[ClassName(label)] {
			return fmt.Errorf("label %q is both positive and negative", clip(label))
		}
	}
	return jsonlLabels(v, row, line, b, list, rep)
}

// jsonlLabels adds the labels of a line, positives first.
func jsonlLabels(v jsonlRow, row, line int, b *Builder, list *classList, rep *Report) error {
	labels := append(v.positive[:len(v.positive):len(v.positive)], v.negative...)
	for i, label := range labels {
		state := Positive
		if i >= len(v.positive) {
			state = Negative
		}
		class, err := list.column(label)
		switch {
		case errors.Is(err, errSkip):
			rep.add(OtherClasses, func() string { return fmt.Sprintf("line %d %q", line, clip(label)) })
			continue
		case err != nil:
			return err
		}
		list.seen(class, label)
		b.Add(row, class, state)
	}
	return nil
}
