// Package labels holds what is known about images: for every image and
// class one of three states, present, absent or unknown.
//
// Here live the store ([Set]), its readers (COCO, LVIS, Open Images, CSV,
// JSONL), the simulation of partial annotation (FPC, RPS), writing labels and
// counting them. Images themselves (where they lie, how they are decoded) do
// not belong here, nor does anything a network computes.
package labels

// State is what is known about one class in one image. The values are those
// of the label arrays that the losses take.
type State int8

// The three states.
const (
	Unknown  State = -1
	Negative State = 0
	Positive State = 1
)

// String is the state in words.
func (s State) String() string {
	switch s {
	case Positive:
		return "positive"
	case Negative:
		return "negative"
	case Unknown:
		return "unknown"
	}
	return "invalid"
}

// Class is one column of a Set.
type Class struct {
	// ID is the name the annotation file uses: a COCO category id, an Open
	// Images MID, or the name itself where the format has nothing else. It is
	// empty for a class of an enforced list that the file does not know.
	ID string
	// Name is what people and priors call the class; unique in a Set.
	Name string
	// Frequency is what an LVIS file says of how often the class occurs in its training images: "r" (rare), "c"
	// (common) or "f" (frequent); "" elsewhere.
	Frequency string
}

// Set is a matrix of states, images by classes. Only the cells that differ
// from their class's default are stored, 4 bytes each, and an image costs its
// name and 8 bytes more. It never changes after it is built, so any number of
// goroutines may read it.
type Set struct {
	// Classes are the columns in order. Not to be changed.
	Classes []Class

	defaults []int8   // state of a cell that is not stored, per class
	dense    bool     // some default is not Unknown
	names    names    // image names by row
	ends     []uint32 // cells of row i: cells[ends[i-1]:ends[i]]
	cells    []cell   // by row, then class
}

// cell is class<<2 | state+1. Among cells of one class the larger number is
// the stronger statement: positive, then negative, then unknown.
type cell uint32

const maxClasses = 1 << 30

func newCell(class int, s State) cell { return cell(class)<<2 | cell(s+1) }

func (c cell) class() int   { return int(c >> 2) }
func (c cell) state() State { return State(c&3) - 1 }

// Len is the number of images.
func (s *Set) Len() int { return len(s.ends) }

// NumClasses is the number of classes.
func (s *Set) NumClasses() int { return len(s.Classes) }

// ClassNames are the names of the classes in order, in a slice of the caller's.
func (s *Set) ClassNames() []string {
	out := make([]string, len(s.Classes))
	for i, c := range s.Classes {
		out[i] = c.Name
	}
	return out
}

// ImageName is the name of image i as the annotations have it: a path
// relative to the images' root or, for Open Images, an id without extension.
func (s *Set) ImageName(i int) string { return s.names.at(i) }

// Find is the number of the image of that name, as [ImageName] spells it.
func (s *Set) Find(name string) (i int, ok bool) { return s.names.find(ImageName(name)) }

// Default is the state of every cell of a class that no annotation mentions:
// Negative where absence of an annotation means absence of the object (COCO),
// Unknown elsewhere.
func (s *Set) Default(class int) State { return State(s.defaults[class]) }

// Row writes the states of image i, one per class, as 1, 0 and -1. dst has
// NumClasses elements.
func (s *Set) Row(i int, dst []int8) {
	copy(dst, s.defaults)
	for _, c := range s.row(i) {
		dst[c.class()] = int8(c.state())
	}
}

// At is one cell.
func (s *Set) At(i, class int) State {
	for _, c := range s.row(i) {
		if c.class() == class {
			return c.state()
		}
	}
	return s.Default(class)
}

// Annotated calls f for every cell of image i that is not unknown, by
// ascending class.
func (s *Set) Annotated(i int, f func(class int, state State)) {
	row := s.row(i)
	if !s.dense {
		for _, c := range row {
			f(c.class(), c.state())
		}
		return
	}
	for class, d := range s.defaults {
		state := State(d)
		if len(row) > 0 && row[0].class() == class {
			state, row = row[0].state(), row[1:]
		}
		if state != Unknown {
			f(class, state)
		}
	}
}

// row is the stored cells of image i.
func (s *Set) row(i int) []cell {
	var from uint32
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.cells[from:s.ends[i]]
}
