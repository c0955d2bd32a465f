package loss

// sharedCounts adds counts up over the parts of a batch; with a nil whole all cells are here, and nothing is added.
type sharedCounts struct {
	whole Whole
	parts []int64
}

// begin starts a selection among the cells of whole; nil: among those that are here.
func (s *sharedCounts) begin(whole Whole) {
	s.whole = whole
	if whole == nil {
		return
	}
	if _, n := whole.Part(); len(s.parts) != n {
		s.parts = make([]int64, n)
	}
}

// on tells whether there are other parts.
func (s *sharedCounts) on() bool { return s.whole != nil }

// sum replaces counts by their sums over all parts.
func (s *sharedCounts) sum(counts []int64) {
	if s.on() {
		s.whole.SumInt64(counts)
	}
}

// left is how many of n cells with equal keys are still to be shared out when the parts before this one had
// theirs; here of them are in this part.
func (s *sharedCounts) left(n, here int) int {
	if !s.on() {
		return n
	}
	clear(s.parts)
	number, _ := s.whole.Part()
	s.parts[number] = int64(here)
	s.sum(s.parts)
	for _, before := range s.parts[:number] {
		n -= int(before)
	}
	return max(n, 0)
}
