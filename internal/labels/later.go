package labels

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Extend reads the files o.Later in order and returns set with what they say: of a cell that several files state, the
// last one counts, also where it says unknown. rep counts where files disagree. Classes and images that only a later
// file has come behind the others; nothing else is known of such an image. A later file has to state its labels one by
// one: where a class without annotation is absent (COCO), it would overrule every cell of its images. set must not be
// used afterwards.
func Extend(ctx context.Context, set *Set, rep *Report, o Options) (*Set, error) {
	for _, path := range o.Later {
		later := o
		later.Path, later.Later, later.Format, later.stated = path, nil, Auto, true
		more, found, err := open(ctx, later)
		if err != nil {
			return nil, err
		}
		if more.dense {
			return nil, fmt.Errorf("read labels %q: a later file of a list has to state labels one by one, but in this one (%s) a class without annotation is absent: put it first, or set data.missing: unknown", path, found.Format)
		}
		v := overlay{base: set, later: more, rep: rep}
		if set, err = v.merge(); err != nil {
			return nil, fmt.Errorf("read labels %q: %w", path, err)
		}
		rep.addN(LaterLabels, int64(len(more.cells)), func() string { return fmt.Sprintf("%q", path) })
		rep.take(found)
	}
	rep.recountAbsent(set.Classes)
	return set, nil
}

// overlay lays the cells of one set over those of another.
type overlay struct {
	base, later *Set
	rep         *Report
	columns     []int    // of each class of later in the merged set
	found       []uint32 // row of later for each row of base, from 1; 0 for none
	isNew       []bool   // rows of later that base does not have
	row         []cell   // of later, by columns of the merged set
}

// merge makes the merged set. The names of base go over to it.
func (v *overlay) merge() (*Set, error) {
	classes, defaults := v.classes()
	v.match()
	out := newSet(classes, defaults)
	out.cells = make([]cell, 0, len(v.base.cells)+len(v.later.cells))
	out.ends = make([]uint32, 0, v.base.Len())
	out.names = v.base.names
	for i := range v.base.Len() {
		var over []cell
		if k := v.found[i]; k > 0 {
			over = v.rowOf(int(k) - 1)
		}
		if err := v.add(out, i, v.base.row(i), over); err != nil {
			return nil, err
		}
	}
	var nothing []cell // is known of a new image, whatever the defaults say
	for class, d := range defaults {
		if d != Unknown {
			nothing = append(nothing, newCell(class, Unknown))
		}
	}
	for k := range v.later.Len() {
		if !v.isNew[k] || len(v.later.row(k)) == 0 {
			continue
		}
		i, _, err := out.names.internBytes(v.later.names.bytes(k))
		if err != nil {
			return nil, err
		}
		if err := v.add(out, i, nothing, v.rowOf(k)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// classes are those of the merged set with their defaults: later ones that are met are added.
func (v *overlay) classes() ([]Class, []State) {
	used := make([]bool, v.later.NumClasses())
	for _, c := range v.later.cells {
		used[c.class()] = true
	}
	classes, byName := slices.Clone(v.base.Classes), map[string]int{}
	for i, c := range classes {
		byName[c.ID] = i
	}
	for i, c := range classes {
		byName[ClassName(c.Name)] = i // which goes before another one's id
	}
	for i, c := range v.later.Classes {
		at, known := byName[ClassName(c.Name)]
		if !known && c.ID != "" {
			at, known = byName[c.ID]
		}
		if !known && used[i] {
			at = len(classes)
			classes = append(classes, c)
			v.rep.add(NewClasses, func() string { return fmt.Sprintf("%q", c.Name) })
		}
		if used[i] && classes[at].ID == "" {
			classes[at].ID = c.ID
		}
		v.columns = append(v.columns, at)
	}
	defaults := make([]State, len(classes))
	for i := range defaults {
		if defaults[i] = Unknown; i < v.base.NumClasses() {
			defaults[i] = v.base.Default(i)
		}
	}
	return classes, defaults
}

// match finds the images that both sets have.
func (v *overlay) match() {
	v.found, v.isNew = make([]uint32, v.base.Len()), make([]bool, v.later.Len())
	for k := range v.later.Len() {
		if len(v.base.names.slots) == 0 {
			v.isNew[k] = true
			continue
		}
		slot, known := v.base.names.probe(v.later.names.bytes(k))
		if v.isNew[k] = !known; known {
			v.found[v.base.names.slots[slot]-1] = uint32(k) + 1
		}
	}
}

// rowOf is row k of later by the columns of the merged set, valid until the next call.
func (v *overlay) rowOf(k int) []cell {
	v.row = v.row[:0]
	for _, c := range v.later.row(k) {
		v.row = append(v.row, newCell(v.columns[c.class()], c.state()))
	}
	slices.Sort(v.row)
	return v.row
}

// add appends row i of the merged set: under, with over laid on it.
func (v *overlay) add(out *Set, i int, under, over []cell) error {
	for len(under) > 0 || len(over) > 0 {
		if len(over) == 0 || len(under) > 0 && under[0].class() < over[0].class() {
			out.cells = append(out.cells, under[0])
			under = under[1:]
			continue
		}
		now := over[0]
		was := out.Default(now.class())
		if len(under) > 0 && under[0].class() == now.class() {
			was, under = under[0].state(), under[1:]
		}
		v.compare(out, i, now.class(), was, now.state())
		if now.state() != out.Default(now.class()) {
			out.cells = append(out.cells, now)
		}
		over = over[1:]
	}
	if len(out.cells) > math.MaxUint32 {
		return errors.New("more than 4 billion labels")
	}
	out.ends = append(out.ends, uint32(len(out.cells)))
	return nil
}

// compare counts where files disagree.
func (v *overlay) compare(out *Set, i, class int, was, now State) {
	if was == Unknown || was == now {
		return
	}
	kind := Overruled
	if now == Unknown {
		kind = Doubted
	}
	v.rep.add(kind, func() string { return fmt.Sprintf("%s %q", out.ImageName(i), out.Classes[class].Name) })
}
