package labels

import (
	"errors"
	"fmt"
	"slices"
)

// join makes the set of the three lists.
func (c *cocoReader) join(o Options, list *classList) (*Set, error) {
	if err := c.dangling(); err != nil {
		return nil, err
	}
	classes, columns, err := c.columns(list)
	if err != nil {
		return nil, err
	}
	annotated := make([]bool, c.builder.names.len())
	add := func(pairs []pair, state State) {
		for _, p := range pairs {
			row := c.rows[p.image]
			annotated[row] = true
			if col := columns[p.category]; col >= 0 {
				c.builder.Add(row, col, state)
			}
		}
	}
	add(c.instances, Positive)
	if c.rep.Format == LVIS {
		add(c.negatives, Negative)
	}
	c.builder.OnConflict = func(image string, class int) {
		c.rep.add(Contradictions, func() string { return fmt.Sprintf("%s %q", image, classes[class].Name) })
	}
	set, err := c.builder.build(classes, c.defaults(classes, columns))
	if err != nil {
		return nil, err
	}
	c.reportNotExhaustive(set, columns)
	return dropUnannotated(set, func(i int) bool { return annotated[i] }, o.KeepUnannotated, c.rep), nil
}

// columns is the classes of the set and the column of each category, -1 for
// one that is skipped.
func (c *cocoReader) columns(list *classList) ([]Class, []int, error) {
	columns := make([]int, len(c.classes))
	c.skipEmptyNamesakes()
	if !list.fixed {
		classes := slices.DeleteFunc(slices.Clone(c.classes), func(class Class) bool { return class.Name == "" })
		slices.SortFunc(classes, func(a, b Class) int { return compareIDs(a.ID, b.ID) })
		for i := range columns {
			columns[i] = -1
		}
		for col, class := range classes {
			i, _ := c.categories.find(class.ID) // every class came from there
			columns[i] = col
		}
		return classes, columns, checkClasses(classes)
	}
	named := slices.DeleteFunc(slices.Clone(c.classes), func(class Class) bool { return class.Name == "" })
	if err := checkClasses(named); err != nil {
		return nil, nil, err
	}
	for i, class := range c.classes {
		if class.Name == "" {
			columns[i] = -1
			continue
		}
		col, err := list.column(class.Name)
		switch {
		case errors.Is(err, errSkip):
			columns[i] = -1
			c.rep.add(OtherClasses, func() string { return fmt.Sprintf("category %q", class.Name) })
		case err != nil:
			return nil, nil, fmt.Errorf("categories: id %s: %w", class.ID, err)
		default:
			columns[i] = col
			list.seen(col, class.ID)
			list.classes[col].Frequency = class.Frequency
		}
	}
	list.reportAbsent(c.rep)
	return list.classes, columns, nil
}

// skipEmptyNamesakes takes the name off a category that no annotation has where another category has the same name:
// Roboflow exports such a root category.
func (c *cocoReader) skipEmptyNamesakes() {
	byName := map[string]int{}
	for i, class := range c.classes {
		if c.used[i] {
			byName[class.Name]++
		}
	}
	for i, class := range c.classes {
		if !c.used[i] && byName[class.Name] > 0 {
			c.rep.add(SameNames, func() string { return fmt.Sprintf("id %s %q", class.ID, class.Name) })
			c.classes[i].Name = ""
		}
	}
}

// defaults are the states of unmentioned cells: absent in COCO for a class
// that the file knows, else unknown.
func (c *cocoReader) defaults(classes []Class, columns []int) []State {
	out := make([]State, len(classes))
	for i := range out {
		out[i] = Unknown
	}
	if c.rep.Format == COCO && !c.missingUnknown {
		for _, col := range columns {
			if col >= 0 {
				out[col] = Negative
			}
		}
	}
	return out
}

// reportNotExhaustive counts LVIS marks that leave a cell unknown.
func (c *cocoReader) reportNotExhaustive(set *Set, columns []int) {
	if c.rep.Format != LVIS {
		return
	}
	for _, p := range c.notExhaustive {
		if col := columns[p.category]; col >= 0 && set.At(c.rows[p.image], col) == Unknown {
			c.rep.add(NotExhaustive, nil)
		}
	}
}
