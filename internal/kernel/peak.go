package kernel

// peakSet is a Set that knows its machine's ceiling.
type peakSet interface {
	multiplyAdds() (loop func(rounds int), perRound int)
}

// MultiplyAddsOf is a loop of independent multiply-adds in the widest registers of the set, which no kernel of
// it can outrun, and the number of floating point operations of a round; nil if the set has none.
// rounds is at least 1.
func MultiplyAddsOf(set Set[float32]) (loop func(rounds int), perRound int) {
	if s, ok := set.(peakSet); ok {
		return s.multiplyAdds()
	}
	return nil, 0
}
