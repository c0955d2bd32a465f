package labels

// Known is the set with Negative in place of Unknown everywhere.
func (s *Set) Known() *Set {
	defaults := make([]State, s.NumClasses())
	for class := range defaults {
		if defaults[class] = s.Default(class); defaults[class] == Unknown {
			defaults[class] = Negative
		}
	}
	out := newSet(s.Classes, defaults)
	out.names = s.names
	out.ends = make([]uint32, s.Len())
	for i := range s.Len() {
		for _, c := range s.row(i) {
			state := c.state()
			if state == Unknown {
				state = Negative
			}
			if state != State(out.defaults[c.class()]) {
				out.cells = append(out.cells, newCell(c.class(), state))
			}
		}
		out.ends[i] = uint32(len(out.cells))
	}
	return out
}

// Complete tells whether no cell of image i is unknown.
func (s *Set) Complete(i int) bool {
	known := 0
	s.Annotated(i, func(int, State) { known++ })
	return known == s.NumClasses()
}

// Lost says what reading a set back from a format would not give: how many images, and how many
// classes. A format that lists what is known does not mention images and classes of which nothing is.
func (s *Set) Lost(f Format) (images, classes int) {
	lists := f == JSONL || f == OpenImages || f == LabelStudio
	st := s.Stats()
	switch {
	case lists:
		images = st.Unlabelled
		for _, c := range st.Classes {
			classes += one(c.Annotated() == 0)
		}
	case f == VOCXML: // classes that are absent everywhere
		for _, c := range st.Classes {
			classes += one(c.Positives+c.Unknown == 0)
		}
	case f == COCO && len(st.Positives) > 0:
		images = st.Positives[0] // images without any label are dropped, unless data.keep_unannotated is set
	}
	return images, classes
}
