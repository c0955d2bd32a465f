package labels

import (
	"context"
	"errors"
	"fmt"
	"io"

	"csl/internal/textio"
)

// Descriptions reads an Open Images file of class descriptions: rows LabelName,DisplayName, with or without a header.
// A display name that stands for several labels gets the label added to it, as classes are known by name; rep
// counts those.
func Descriptions(ctx context.Context, path, encoding string, rep *Report) ([]Class, error) {
	f, err := textio.Open(ctx, path, textio.Options{Encoding: encoding, MaxLine: textio.MaxLine})
	if err != nil {
		return nil, fmt.Errorf("read class descriptions: %w", err)
	}
	defer f.Close()
	classes, err := readDescriptions(f, rep)
	if err != nil {
		return nil, fmt.Errorf("read class descriptions %q: %w", path, err)
	}
	return classes, nil
}

func readDescriptions(text io.Reader, rep *Report) ([]Class, error) {
	b, _, err := sniff(text)
	if err != nil {
		return nil, err
	}
	r := newRows(b)
	var classes []Class
	seen := map[string]bool{}
	uses := map[string]int{}
	for {
		rec, err := r.ReadStrings()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, textio.CSVError(err)
		}
		line := r.Line()
		switch {
		case len(rec) != 2 || rec[0] == "" || ClassName(rec[1]) == "":
			return nil, fmt.Errorf("line %d: %s: want LabelName,DisplayName", line, clip(fmt.Sprintf("%q", rec)))
		case len(classes) == 0 && rec[0] == "LabelName":
			continue
		case seen[rec[0]]:
			return nil, fmt.Errorf("line %d: label %q appears twice", line, clip(rec[0]))
		}
		seen[rec[0]] = true
		uses[ClassName(rec[1])]++
		classes = append(classes, Class{ID: rec[0], Name: ClassName(rec[1])})
	}
	if len(classes) == 0 {
		return nil, errors.New("no class in it")
	}
	for i, c := range classes {
		if uses[c.Name] > 1 {
			classes[i].Name = fmt.Sprintf("%s (%s)", c.Name, c.ID)
			rep.add(SharedNames, func() string { return fmt.Sprintf("%q", c.Name) })
		}
	}
	return classes, checkClasses(classes)
}
