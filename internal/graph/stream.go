package graph

import (
	"cmp"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// Stream is a value that is consumed while a plan runs: its memory is free again after that. So values
// of which each is used once, such as the gradients of weights, need not live together.
type Stream struct {
	Value *G.Node // not an input
	// Mutates is an input that the consumer mutates, nil if there is none: the value then waits until
	// the last operation that reads this input has run.
	Mutates *G.Node
}

// Consumer is called with the number of a stream, in the list that the plan was made with, and its
// value, which is valid and not to be changed during the call. It may change the stream's Mutates.
type Consumer func(stream int, value Buffer) error

// planStream is a stream and the step after which it is consumed.
type planStream struct {
	number, step int
	value        *G.Node
}

// consumed lists the values of streams.
func consumed(streams []Stream) []*G.Node {
	var n []*G.Node
	for _, s := range streams {
		n = append(n, s.Value)
	}
	return n
}

// addStreams finds when each stream is consumed, as soon as its value is there and its input is not needed
// any more, and has the values live until then.
func (p *Plan) addStreams(streams []Stream, last map[*G.Node]int) error {
	for i, s := range streams {
		step, ok := p.steps[s.Value]
		if !ok {
			return fmt.Errorf("plan: stream %d consumes %s, which is not computed", i, Layer(s.Value))
		}
		if s.Mutates != nil {
			if s.Mutates.Op() != nil {
				return fmt.Errorf("plan: stream %d mutates %s, which is not an input", i, Layer(s.Mutates))
			}
			step = max(step, last[s.Mutates])
		}
		last[s.Value] = max(last[s.Value], step)
		p.streams = append(p.streams, planStream{i, step, s.Value})
	}
	slices.SortStableFunc(p.streams, func(a, b planStream) int { return cmp.Compare(a.step, b.step) })
	return nil
}

// Streams is the number of values that are consumed in a run.
func (p *Plan) Streams() int { return len(p.streams) }
