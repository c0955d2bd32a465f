package labels

import (
	"errors"
	"fmt"
	"strings"
)

// readWide reads a table with one column per class; an empty cell is unknown. header is its first row.
func readWide(r *rowReader, header []string, image int, o Options, list *classList, rep *Report) (*Set, error) {
	g := gatherer{list: list, rep: rep}
	g.builder.stated = o.stated
	columns, err := g.wideColumns(header, image)
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	wrong := faults{most: o.MaxErrors}
	err = wrong.eachRow(r, func(rec [][]byte) error {
		if err := g.wideRow(rec, header, columns, image, o.Values); err != nil {
			return fmt.Errorf("line %d%w", r.Line(), err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return g.set(Unknown)
}

// wideRow adds a row. An error goes on behind the number of the line.
func (g *gatherer) wideRow(rec [][]byte, header []string, columns []int, image int, values Values) error {
	switch {
	case len(rec) != len(header):
		return fmt.Errorf(": %d fields, want %d", len(rec), len(header))
	case len(rec[image]) == 0:
		return errors.New(": empty image name")
	}
	row, isNew := g.builder.Image(string(rec[image]))
	if !isNew {
		return fmt.Errorf(": image %q was in an earlier line", clip(string(rec[image])))
	}
	for i, class := range columns {
		if class < 0 || isMissing(rec[i]) {
			continue
		}
		state, err := values.state(rec[i])
		if err != nil {
			return fmt.Errorf(", column %q: %w", clip(header[i]), err)
		}
		g.builder.Add(row, class, state)
	}
	return nil
}

// wideColumns is the class of each column, -1 for none.
func (g *gatherer) wideColumns(header []string, image int) ([]int, error) {
	columns := make([]int, len(header))
	seen := map[int]string{}
	for i, name := range header {
		columns[i] = -1
		if i == image || name == "" { // pandas writes an index without a name
			continue
		}
		class, err := g.list.column(name)
		if errors.Is(err, errSkip) {
			g.rep.add(OtherClasses, func() string { return fmt.Sprintf("column %q", clip(name)) })
			continue
		}
		if err != nil {
			return nil, err
		}
		if other, twice := seen[class]; twice {
			return nil, fmt.Errorf("columns %q and %q are one class", clip(other), clip(name))
		}
		seen[class] = name
		g.list.seen(class, ClassName(name))
		columns[i] = class
	}
	return columns, nil
}

// isMissing tells whether a cell says nothing, in one of the ways in which programs write that.
func isMissing[T string | []byte](cell T) bool {
	switch len(cell) {
	case 0:
		return true
	case 1:
		return cell[0] == ' ' || cell[0] == '\t'
	}
	switch strings.ToLower(strings.TrimSpace(string(cell))) {
	case "", "nan", "na", "n/a", "null", "none", "<na>":
		return true
	}
	return false
}
