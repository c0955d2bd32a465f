package labels

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonlRow is one line.
type jsonlRow struct {
	Image    string   `json:"image"`
	Positive []string `json:"positive"`
	Negative []string `json:"negative"`
}

// readJSONL reads one object per line.
func readJSONL(text *bufio.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	var b Builder
	for line := 1; ; line++ {
		raw, err := text.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, cutShort(err)
		}
		if len(bytes.TrimSpace(raw)) > 0 {
			if err := jsonlLine(raw, line, &b, list, rep); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
		}
		if err != nil {
			break
		}
	}
	set, err := b.Build(list.classes, Unknown)
	if err != nil {
		return nil, err
	}
	rep.addN(DuplicateRows, b.Duplicates, nil)
	list.reportAbsent(rep)
	return dropUnannotated(set, func(i int) bool { return len(set.row(i)) > 0 }, o.KeepUnannotated, rep), nil
}

func jsonlLine(raw []byte, line int, b *Builder, list *classList, rep *Report) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // a misspelt "positives" must not pass as nothing said
	var v jsonlRow
	if err := d.Decode(&v); err != nil {
		return cutShort(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value in the line")
	}
	if v.Image == "" {
		return errors.New("no \"image\"")
	}
	row, isNew := b.Image(v.Image)
	if !isNew {
		return fmt.Errorf("image %q was in an earlier line", clip(v.Image))
	}
	positive := make(map[string]bool, len(v.Positive))
	for _, label := range v.Positive {
		positive[label] = true
	}
	for _, label := range v.Negative {
		if positive[label] {
			return fmt.Errorf("label %q is both positive and negative", clip(label))
		}
	}
	return jsonlLabels(v, row, line, b, list, rep)
}

// jsonlLabels adds the labels of a line, positives first.
func jsonlLabels(v jsonlRow, row, line int, b *Builder, list *classList, rep *Report) error {
	labels := append(v.Positive[:len(v.Positive):len(v.Positive)], v.Negative...)
	for i, label := range labels {
		state := Positive
		if i >= len(v.Positive) {
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
