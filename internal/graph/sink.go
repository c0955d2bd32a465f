package graph

import (
	"cmp"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// Sink is a value that is consumed while a plan runs: its memory is free again after that. So values
// of which each is used once, such as the gradients of weights, need not live together.
type Sink struct {
	Value *G.Node // not an input
	// Changes is an input that the consumer changes, nil if there is none: the value then waits until
	// the last operation that reads this input has run.
	Changes *G.Node
}

// Consumer is called with the number of a sink, in the list that the plan was made with, and its
// value, which is valid and not to be changed during the call. It may change the sink's Changes.
type Consumer func(sink int, value Buffer) error

// planSink is a sink and the step after which it is consumed.
type planSink struct {
	number, step int
	value        *G.Node
}

// consumed lists the values of sinks.
func consumed(sinks []Sink) []*G.Node {
	var n []*G.Node
	for _, s := range sinks {
		n = append(n, s.Value)
	}
	return n
}

// addSinks finds when each sink is consumed, as soon as its value is there and its input is not needed
// any more, and has the values live until then.
func (p *Plan) addSinks(sinks []Sink, last map[*G.Node]int) error {
	for i, s := range sinks {
		step, ok := p.steps[s.Value]
		if !ok {
			return fmt.Errorf("plan: sink %d consumes %s, which is not computed", i, Layer(s.Value))
		}
		if s.Changes != nil {
			if s.Changes.Op() != nil {
				return fmt.Errorf("plan: sink %d changes %s, which is no input", i, Layer(s.Changes))
			}
			step = max(step, last[s.Changes])
		}
		last[s.Value] = max(last[s.Value], step)
		p.sinks = append(p.sinks, planSink{i, step, s.Value})
	}
	slices.SortStableFunc(p.sinks, func(a, b planSink) int { return cmp.Compare(a.step, b.step) })
	return nil
}

// Sinks is the number of values that are consumed in a run.
func (p *Plan) Sinks() int { return len(p.sinks) }
