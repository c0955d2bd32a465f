package labels

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Builder gathers states in any order and makes a Set of them. Saying the same
// thing twice is harmless. Of two different statements about one cell the
// stronger wins (positive, then negative, then unknown) and Conflicts counts it.
type Builder struct {
	// OnConflict, if set, is called by Build for every contradicted cell.
	OnConflict func(image string, class int)
	// Duplicates and Conflicts are counted by Build.
	Duplicates, Conflicts int64

	names names
	rows  []uint32
	cells []cell
	err   error
}

// Image is the row of an image, which is added if it is new; names that [ImageName] spells alike are one.
func (b *Builder) Image(name string) (row int, isNew bool) {
	name = ImageName(name)
	row, isNew, err := b.names.intern(name)
	if isNew && strings.ContainsAny(name, "\r\n\x00") {
		err = fmt.Errorf("image name %q has a line break or a zero byte", clip(name))
	}
	if err != nil && b.err == nil {
		b.err = err
	}
	return row, isNew
}

// Add states one cell. row is of Image; class counts from 0.
func (b *Builder) Add(row, class int, s State) {
	switch {
	case b.err != nil:
	case row < 0 || row >= b.names.len():
		b.err = fmt.Errorf("row %d of a set of %d images", row, b.names.len())
	case class < 0 || class >= maxClasses:
		b.err = fmt.Errorf("class number %d", class)
	case s < Unknown || s > Positive:
		b.err = fmt.Errorf("state %d: want 1, 0 or -1", s)
	case len(b.cells) == math.MaxUint32:
		b.err = fmt.Errorf("more than %d annotations", math.MaxUint32)
	default:
		b.rows = append(b.rows, uint32(row))
		b.cells = append(b.cells, newCell(class, s))
	}
}

// Build makes the set; absent is the state of cells that were not added. The
// builder is of no use afterwards.
func (b *Builder) Build(classes []Class, absent State) (*Set, error) {
	defaults := make([]State, len(classes))
	for i := range defaults {
		defaults[i] = absent
	}
	return b.build(classes, defaults)
}

// build is Build with a default for each class.
func (b *Builder) build(classes []Class, defaults []State) (*Set, error) {
	if b.err != nil {
		return nil, fmt.Errorf("gather labels: %w", b.err)
	}
	if err := checkClasses(classes); err != nil {
		return nil, err
	}
	for _, c := range b.cells {
		if c.class() >= len(classes) {
			return nil, fmt.Errorf("gather labels: class number %d of %d classes", c.class(), len(classes))
		}
	}
	s := newSet(classes, defaults)
	s.names = b.names
	s.ends, s.cells = b.byRow()
	b.rows, b.cells = nil, nil
	b.settle(s)
	return s, nil
}

// newSet is a set without images.
func newSet(classes []Class, defaults []State) *Set {
	s := &Set{Classes: classes, defaults: make([]int8, len(classes))}
	for i, d := range defaults {
		s.defaults[i] = int8(d)
		s.dense = s.dense || d != Unknown
	}
	return s
}

// byRow sorts the cells by row, by counting.
func (b *Builder) byRow() (ends []uint32, cells []cell) {
	ends = make([]uint32, b.names.len())
	for _, r := range b.rows {
		ends[r]++
	}
	var sum uint32
	for i, n := range ends {
		ends[i] = sum // first the start of each row, which filling moves to its end
		sum += n
	}
	cells = make([]cell, len(b.cells))
	for i, r := range b.rows {
		cells[ends[r]] = b.cells[i]
		ends[r]++
	}
	return ends, cells
}

// settle sorts each row by class, lets one statement per class stand and drops
// those that say what the default says. It works in place.
func (b *Builder) settle(s *Set) {
	var from, to uint32
	for i, end := range s.ends {
		row := s.cells[from:end]
		from = end
		slices.Sort(row)
		for k, c := range row {
			if k+1 < len(row) && row[k+1].class() == c.class() {
				b.count(s, i, c, row[k+1])
				continue
			}
			if c.state() == s.Default(c.class()) {
				continue
			}
			s.cells[to] = c
			to++
		}
		s.ends[i] = to
	}
	s.cells = slices.Clip(s.cells[:to])
}

// count records that two statements about one cell of row i came together.
func (b *Builder) count(s *Set, i int, weak, strong cell) {
	if weak == strong {
		b.Duplicates++
		return
	}
	b.Conflicts++
	if b.OnConflict != nil {
		b.OnConflict(s.names.at(i), weak.class())
	}
}

// checkClasses makes sure that names are there and unique.
func checkClasses(classes []Class) error {
	at := make(map[string]int, len(classes))
	for i, c := range classes {
		if c.Name == "" {
			return fmt.Errorf("class number %d (id %q) has no name", i, c.ID)
		}
		if strings.ContainsAny(c.Name, "\r\n\x00") {
			return fmt.Errorf("class name %q (id %q) has a line break or a zero byte: rename it", clip(c.Name), clip(c.ID))
		}
		if j, ok := at[c.Name]; ok {
			return fmt.Errorf("class name %q stands for ids %q and %q: rename one", c.Name, classes[j].ID, c.ID)
		}
		at[c.Name] = i
	}
	return nil
}
