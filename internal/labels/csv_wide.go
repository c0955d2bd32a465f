package labels

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readWide reads a table with one column per class; an empty cell is unknown. header is its first row.
func readWide(r *csv.Reader, header []string, image int, o Options, list *classList, rep *Report) (*Set, error) {
	g := gatherer{list: list, rep: rep}
	columns, err := g.wideColumns(header, image)
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	width := len(header)
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := r.FieldPos(0)
		switch {
		case len(rec) != width:
			return nil, fmt.Errorf("line %d: %d fields, want %d", line, len(rec), width)
		case rec[image] == "":
			return nil, fmt.Errorf("line %d: empty image name", line)
		}
		row, isNew := g.builder.Image(rec[image])
		if !isNew {
			return nil, fmt.Errorf("line %d: image %q was in an earlier line", line, clip(rec[image]))
		}
		for i, class := range columns {
			if class < 0 || isMissing(rec[i]) {
				continue
			}
			state, err := o.Values.parse(rec[i])
			if err != nil {
				return nil, fmt.Errorf("line %d, column %q: %w", line, clip(header[i]), err)
			}
			g.builder.Add(row, class, state)
		}
	}
	return g.set(Unknown)
}

// wideColumns is the class of each column, -1 for none. header is kept: r.Read reuses its memory.
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
func isMissing(cell string) bool {
	switch strings.ToLower(strings.TrimSpace(cell)) {
	case "", "nan", "na", "n/a", "null", "none", "<na>":
		return true
	}
	return false
}
