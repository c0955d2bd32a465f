package labels

import (
	"errors"
	"fmt"
	"slices"
)

// gatherer collects what a file says by names, for formats in which every label stands by itself.
type gatherer struct {
	list    *classList
	rep     *Report
	builder Builder
}

// add states one cell. A class outside the list is skipped where that was asked for.
func (g *gatherer) add(row int, label string, s State, where string) error {
	class, err := g.list.column(label)
	switch {
	case errors.Is(err, errSkip):
		g.rep.add(OtherClasses, func() string { return fmt.Sprintf("%s %q", where, clip(label)) })
		return nil
	case err != nil:
		return err
	}
	g.list.seen(class, ClassName(label))
	g.builder.Add(row, class, s)
	return nil
}

// sortClasses puts classes that were merely found into the order of their names, numbers by value.
func (g *gatherer) sortClasses() {
	if g.list.fixed {
		return
	}
	sorted := slices.Clone(g.list.classes)
	slices.SortFunc(sorted, func(a, b Class) int { return compareIDs(a.Name, b.Name) })
	for i, c := range sorted {
		g.list.byName[c.Name] = i
	}
	order := make([]int, len(sorted))
	for i, c := range g.list.classes {
		order[i] = g.list.byName[c.Name]
	}
	g.builder.renumber(order)
	g.list.classes = sorted
}

// set builds; missing is the state of what the file does not mention, for classes that it has.
func (g *gatherer) set(missing State) (*Set, error) {
	defaults := make([]State, len(g.list.classes))
	for i, c := range g.list.classes {
		if defaults[i] = missing; c.ID == "" {
			defaults[i] = Unknown
		}
	}
	g.builder.OnConflict = func(image string, class int) {
		g.rep.add(Contradictions, func() string { return fmt.Sprintf("%s %q", image, g.list.classes[class].Name) })
	}
	set, err := g.builder.build(g.list.classes, defaults)
	if err != nil {
		return nil, err
	}
	g.list.reportAbsent(g.rep)
	return set, nil
}

// missing is the state of what a file of boxes or tags does not mention.
func (o Options) missing() State {
	if o.MissingUnknown {
		return Unknown
	}
	return Negative
}
