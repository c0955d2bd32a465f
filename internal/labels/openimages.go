package labels

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"csl/internal/textio"
)

// readOpenImages reads human-verified image labels.
func readOpenImages(ctx context.Context, text *bufio.Reader, o Options, list *classList, rep *Report) (*Set, error) {
	labels, err := newOpenImagesLabels(ctx, o, list, rep)
	if err != nil {
		return nil, err
	}
	oi := openImages{labels: labels, rep: rep}
	r := newRows(text)
	header, err := r.ReadStrings()
	if err != nil {
		return nil, textio.CSVError(err)
	}
	if err := oi.header(header); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	wrong := faults{most: o.MaxErrors}
	err = wrong.eachRow(r, func(rec [][]byte) error {
		if err := oi.row(rec); err != nil {
			return fmt.Errorf("line %d: %w", r.Line(), err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return oi.set()
}

// openImages gathers the rows.
type openImages struct {
	labels                           *openImagesLabels
	rep                              *Report
	builder                          Builder
	width                            int
	image, source, label, confidence int // columns; source may be -1
}

func (oi *openImages) header(rec []string) error {
	oi.width = len(rec)
	oi.source = columnOf(rec, "Source")
	for i, at := range []*int{&oi.image, &oi.label, &oi.confidence} {
		name := [...]string{"ImageID", "LabelName", "Confidence"}[i]
		if *at = columnOf(rec, name); *at < 0 {
			return fmt.Errorf("columns %s: no %s", clip(fmt.Sprintf("%q", rec)), name)
		}
	}
	return nil
}

func (oi *openImages) row(rec [][]byte) error {
	if len(rec) != oi.width {
		return fmt.Errorf("%d fields, want %d", len(rec), oi.width)
	}
	image, label := rec[oi.image], rec[oi.label]
	if len(image) == 0 {
		return errors.New("empty ImageID")
	}
	if oi.source >= 0 && string(rec[oi.source]) == "machine" {
		oi.rep.add(MachineLabels, nil)
		return nil
	}
	state, err := parseConfidence(rec[oi.confidence])
	if err != nil {
		return fmt.Errorf("image %q, label %q: %w", clip(string(image)), clip(string(label)), err)
	}
	class, err := oi.labels.column(label)
	if errors.Is(err, errSkip) {
		oi.rep.add(OtherClasses, func() string { return fmt.Sprintf("%s %q", image, clip(string(label))) })
		return nil
	}
	if err != nil {
		return err
	}
	oi.builder.Add(oi.builder.imageOf(image), class, state)
	return nil
}

// parseConfidence reads 1 or 0.
func parseConfidence(text []byte) (State, error) {
	switch string(text) {
	case "1":
		return Positive, nil
	case "0":
		return Negative, nil
	}
	s := string(text)
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err == nil && f == 1:
		return Positive, nil
	case err == nil && f == 0:
		return Negative, nil
	case err == nil && f > 0 && f < 1:
		return Unknown, fmt.Errorf("confidence %s: a human-verified label has 1 or 0; this looks like the machine-generated file", clip(s))
	}
	return Unknown, fmt.Errorf("confidence %q: want 1 or 0", clip(s))
}

func (oi *openImages) set() (*Set, error) {
	classes, order := oi.labels.classes()
	oi.builder.renumber(order)
	oi.builder.OnConflict = func(image string, class int) {
		oi.rep.add(Contradictions, func() string { return fmt.Sprintf("%s %q", image, classes[class].Name) })
	}
	set, err := oi.builder.Build(classes, Unknown)
	if err != nil {
		return nil, err
	}
	oi.rep.addN(DuplicateRows, oi.builder.Duplicates, nil)
	if oi.labels.list.fixed {
		oi.labels.list.reportAbsent(oi.rep)
	}
	return set, nil
}

// openImagesLabels turns MIDs into columns.
type openImagesLabels struct {
	list      *classList
	described []Class        // of the class descriptions, in order; nil without them
	byID      map[string]int // number in described
}

func newOpenImagesLabels(ctx context.Context, o Options, list *classList, rep *Report) (l *openImagesLabels, err error) {
	l = &openImagesLabels{list: list}
	if o.ClassDescriptions == "" {
		return l, nil
	}
	rep.described = true
	if l.described, err = Descriptions(ctx, o.ClassDescriptions, o.Encoding, rep); err != nil {
		return nil, err
	}
	l.byID = make(map[string]int, len(l.described))
	for i, c := range l.described {
		l.byID[c.ID] = i
		if !list.fixed {
			list.classes = append(list.classes, c)
		}
	}
	return l, nil
}

// column is the class of a MID: by description, or by the name itself in an
// enforced list or where there are no descriptions.
func (l *openImagesLabels) column(label []byte) (int, error) {
	number, described := l.byID[string(label)]
	if !l.list.fixed && described {
		return number, nil
	}
	if !l.list.fixed && l.described != nil {
		return 0, fmt.Errorf("label %q is not in the class descriptions", clip(string(label)))
	}
	if !described {
		class, err := l.list.columnOf(label)
		if err == nil && l.list.classes[class].ID == "" {
			l.list.seen(class, string(label))
		}
		return class, err
	}
	mid := string(label)
	name := mid
	if _, known := l.list.byName[mid]; !known {
		name = l.described[number].Name
	}
	class, err := l.list.column(name)
	if err == nil {
		l.list.seen(class, mid)
	}
	return class, err
}

// classes are the final ones and, for each column given so far, its final
// number: labels that were merely found are sorted.
func (l *openImagesLabels) classes() (classes []Class, order []int) {
	order = make([]int, len(l.list.classes))
	for i := range order {
		order[i] = i
	}
	if l.list.fixed || l.described != nil {
		return l.list.classes, order
	}
	classes = slices.Clone(l.list.classes)
	slices.SortFunc(classes, func(a, b Class) int { return compareIDs(a.ID, b.ID) })
	for i, c := range classes {
		order[l.list.byName[c.Name]] = i
	}
	return classes, order
}
