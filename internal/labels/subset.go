package labels

import (
	"fmt"
	"slices"
)

// Select is the set of the images with these row numbers, in this order.
// Classes and defaults are shared with s.
func (s *Set) Select(rows []int) (*Set, error) {
	out := s.empty()
	for _, i := range rows {
		if i < 0 || i >= s.Len() {
			return nil, fmt.Errorf("select image number %d of %d", i, s.Len())
		}
		if !out.take(s, i) {
			return nil, fmt.Errorf("select image %q twice", s.ImageName(i))
		}
	}
	return out, nil
}

// Filter is the set of the images for which keep is true, in order: for
// dropping images that are missing or damaged.
func (s *Set) Filter(keep func(i int) bool) *Set {
	out := s.empty()
	for i := range s.Len() {
		if keep(i) {
			out.take(s, i)
		}
	}
	return out
}

// empty is a set like s without images.
func (s *Set) empty() *Set {
	return &Set{Classes: s.Classes, defaults: s.defaults, dense: s.dense}
}

// take appends image i of another set with the same classes and says false
// if it is there already. What fitted the other set's offsets fits here.
func (s *Set) take(from *Set, i int) bool {
	_, isNew, err := s.names.intern(from.ImageName(i))
	if err != nil || !isNew {
		return false
	}
	s.cells = append(s.cells, from.row(i)...)
	s.ends = append(s.ends, uint32(len(s.cells)))
	return true
}

// Equal tells whether two sets have the same class names in the same order,
// the same images in the same order and the same state in every cell.
func (s *Set) Equal(o *Set) bool {
	if s.Len() != o.Len() || !slices.Equal(s.ClassNames(), o.ClassNames()) {
		return false
	}
	a, b := make([]int8, s.NumClasses()), make([]int8, s.NumClasses())
	for i := range s.Len() {
		s.Row(i, a)
		o.Row(i, b)
		if s.ImageName(i) != o.ImageName(i) || !slices.Equal(a, b) {
			return false
		}
	}
	return true
}
