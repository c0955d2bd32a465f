package labels

// ClassCount counts the cells of one class.
type ClassCount struct {
	Positives, Negatives, Unknown int64 // number of cells of each state
}

// Annotated is how many cells say something.
func (c ClassCount) Annotated() int64 { return c.Positives + c.Negatives }

// Stats counts the cells of a set.
type Stats struct {
	Images     int          // number of images
	Classes    []ClassCount // in class order
	Total      ClassCount   // over all classes
	Unlabelled int          // images in which every cell is unknown
	Positives  []int        // number of images by their number of positive labels
}

// Annotated is how many cells say something.
func (s Stats) Annotated() int64 { return s.Total.Annotated() }

// AnnotatedShare is the share of cells that are not unknown, 0 to 1.
func (s Stats) AnnotatedShare() float64 {
	return ratio(s.Annotated(), s.Annotated()+s.Total.Unknown)
}

// LabelsPerImage is the mean number of positive labels of an image.
func (s Stats) LabelsPerImage() float64 { return ratio(s.Total.Positives, int64(s.Images)) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Stats counts, in time that grows with what is stored, not with all cells.
func (s *Set) Stats() Stats {
	out := Stats{Images: s.Len(), Classes: make([]ClassCount, s.NumClasses())}
	base := 0 // positives of a row in which nothing is stored
	annotated := 0
	for class := range s.Classes {
		out.Classes[class].add(s.Default(class), int64(s.Len()))
		if s.Default(class) == Positive {
			base++
		}
		if s.Default(class) != Unknown {
			annotated++
		}
	}
	for i := range s.Len() {
		positives, known := base, annotated
		for _, c := range s.row(i) {
			old, now := s.Default(c.class()), c.state()
			out.Classes[c.class()].add(old, -1)
			out.Classes[c.class()].add(now, 1)
			positives += one(now == Positive) - one(old == Positive)
			known += one(now != Unknown) - one(old != Unknown)
		}
		for len(out.Positives) <= positives {
			out.Positives = append(out.Positives, 0)
		}
		out.Positives[positives]++
		out.Unlabelled += one(known == 0)
	}
	for _, c := range out.Classes {
		out.Total.Positives += c.Positives
		out.Total.Negatives += c.Negatives
		out.Total.Unknown += c.Unknown
	}
	return out
}

func (c *ClassCount) add(s State, n int64) {
	switch s {
	case Positive:
		c.Positives += n
	case Negative:
		c.Negatives += n
	case Unknown:
		c.Unknown += n
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
