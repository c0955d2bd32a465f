package labels

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Builder gathers states in any order and makes a Set of them. Saying the same
// thing twice is harmless. Of two different statements about one cell the
// stronger wins (positive, then negative, then unknown) and Conflicts counts it.
type Builder struct {
	// OnConflict, if set, is called by Build for every contradicted cell.
	OnConflict func(image string, class int)
	// Duplicates and Conflicts are counted by Build.
	Duplicates, Conflicts int64

	names   names
	last    []byte // name that imageOf was given last, if it was plain
	lastRow int
	added   int        // number of cells
	highest int        // largest class
	cells   [][]cell   // in the order in which they were added, in blocks
	counts  []uint32   // cells of each row, as far as there are any
	rows    [][]uint32 // row of each cell, like cells; nil as long as no row is smaller than the one before
	current int        // row of the last cell
	err     error

	latest bool // of several statements about a cell the last one counts, not the strongest
	stated bool // cells that say what the default says are kept
}

// undone is what takes back all statements about a cell before it. It never gets into a set.
const undone State = Positive + 1

// block is how many cells a block holds. Blocks grow without being copied.
const block = 1 << 16

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
	case s < Unknown || s > Positive && !(b.latest && s == undone):
		b.err = fmt.Errorf("state %d: want 1, 0 or -1", s)
	case b.added == math.MaxUint32:
		b.err = fmt.Errorf("more than %d annotations", math.MaxUint32)
	default:
		b.add(row, newCell(class, s))
		b.highest = max(b.highest, class)
	}
}

// imageOf is Image of bytes. Files are mostly grouped by image, so that the name is that of the row before.
func (b *Builder) imageOf(name []byte) int {
	if len(name) > 0 && bytes.Equal(name, b.last) {
		return b.lastRow
	}
	if !isPlain(name) {
		row, _ := b.Image(string(name))
		return row
	}
	row, _, err := b.names.internBytes(name)
	if err != nil {
		if b.err == nil {
			b.err = err
		}
		return row
	}
	b.last, b.lastRow = append(b.last[:0], name...), row
	return row
}

// add stores a cell. Rows are stored only from the first one on that is smaller than the one before: the counts tell
// those of cells that are in order.
func (b *Builder) add(row int, c cell) {
	if row < b.current && b.rows == nil {
		b.storeRows()
	}
	b.current = row
	for len(b.counts) <= row {
		b.counts = append(b.counts, 0)
	}
	b.counts[row]++
	b.cells = appendBlock(b.cells, c)
	if b.rows != nil {
		b.rows = appendBlock(b.rows, uint32(row))
	}
	b.added++
}

// storeRows writes down the rows that the counts told.
func (b *Builder) storeRows() {
	for row, n := range b.counts {
		for range n {
			b.rows = appendBlock(b.rows, uint32(row))
		}
	}
}

// appendBlock appends to blocks.
func appendBlock[T any](blocks [][]T, v T) [][]T {
	n := len(blocks)
	if n == 0 || len(blocks[n-1]) == block {
		size := block
		if n == 0 {
			size = 0 // the first block grows, as most sets are small
		}
		blocks = append(blocks, make([]T, 0, size))
		n++
	}
	blocks[n-1] = append(blocks[n-1], v)
	return blocks
}

// each calls f for every cell with its number and row, in the order in which they were added.
func (b *Builder) each(f func(i, row int, c cell)) {
	i, row, left := 0, -1, uint32(0)
	for k, cells := range b.cells {
		for j, c := range cells {
			if b.rows != nil {
				row = int(b.rows[k][j])
			} else {
				for left == 0 {
					row++
					left = b.counts[row]
				}
				left--
			}
			f(i, row, c)
			i++
		}
	}
}

// renumber changes class i to order[i] in every cell.
func (b *Builder) renumber(order []int) {
	b.highest = 0
	for _, cells := range b.cells {
		for i, c := range cells {
			cells[i] = newCell(order[c.class()], c.state())
			b.highest = max(b.highest, cells[i].class())
		}
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
	if b.added > 0 && b.highest >= len(classes) {
		return nil, fmt.Errorf("gather labels: class number %d of %d classes", b.highest, len(classes))
	}
	s := newSet(classes, defaults)
	s.names = b.names
	s.ends, s.cells = b.byRow()
	b.settle(s)
	b.rows, b.cells, b.counts = nil, nil, nil
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

// byRow sorts the cells by row: by counting, where they are not in order yet.
func (b *Builder) byRow() (ends []uint32, cells []cell) {
	ends = make([]uint32, b.names.len())
	copy(ends, b.counts)
	var sum uint32
	for i, n := range ends {
		ends[i] = sum // first the start of each row, which filling moves to its end
		sum += n
	}
	if b.rows == nil {
		cells = make([]cell, 0, b.added)
		for _, part := range b.cells {
			cells = append(cells, part...)
		}
		for i, n := range b.counts {
			ends[i] += n
		}
		return ends, cells
	}
	cells = make([]cell, b.added)
	b.each(func(_, row int, c cell) {
		cells[ends[row]] = c
		ends[row]++
	})
	return ends, cells
}

// settle sorts each row by class, lets one statement per class stand and drops
// those that say what the default says, unless they are wanted. It works in place.
func (b *Builder) settle(s *Set) {
	var from, to uint32
	for i, end := range s.ends {
		row := s.cells[from:end]
		from = end
		if b.latest {
			slices.SortStableFunc(row, func(a, b cell) int { return cmp.Compare(a.class(), b.class()) })
		} else {
			slices.Sort(row)
		}
		for k, c := range row {
			if k+1 < len(row) && row[k+1].class() == c.class() {
				b.count(s, i, c, row[k+1])
				continue
			}
			if c.state() == undone || c.state() == s.Default(c.class()) && !b.stated {
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
	switch {
	case weak == strong:
		b.Duplicates++
		return
	case weak.state() == undone || strong.state() == undone:
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
		if !utf8.ValidString(c.Name) {
			return fmt.Errorf("class name %q (number %d) is not UTF-8: rename it", clip(c.Name), i)
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
