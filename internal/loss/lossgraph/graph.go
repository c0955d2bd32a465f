// Package lossgraph adds the losses of package loss to graphs, as operations. What they compute, and
// with which settings, is there; here is only how an operation of a graph runs it and is differentiated.
package lossgraph

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/graph"
	"csl/internal/loss"
)

// Build makes the function that adds the loss of c to a graph. Given nodes of logits and labels,
// [images, classes] both, labels 1, 0 or -1 in the graph's element type, it returns the loss
// vector, of length loss.TermCount; its gradient by the logits is that of element loss.TermTotal, and
// the seed must be 1 (or a scale) there. prior is as for [loss.Bind].
func Build(c loss.Config, prior []float32) (func(logits, labels *G.Node) (*G.Node, error), error) {
	b, err := loss.Bind(c, prior)
	return Adding(b), err
}

// Adding is [Add] of b as a function of logits and labels.
func Adding(b loss.Bound) func(logits, labels *G.Node) (*G.Node, error) {
	return func(logits, labels *G.Node) (*G.Node, error) { return Add(b, logits, labels) }
}

// Add adds a loss to the graph of logits and labels; see [Build].
func Add(b loss.Bound, logits, labels *G.Node) (*G.Node, error) {
	s := logits.Shape()
	if len(s) != 2 {
		return nil, fmt.Errorf("loss: logits of shape %v, want [images, classes]", s)
	}
	if err := b.Fits(s[1]); err != nil {
		return nil, err
	}
	return apply(fused{matrix{s[0], s[1]}, b}, logits, labels)
}

// apply adds the two operations of a loss. The first computes everything at once, the flat vector
// [gradient..., terms...], which Gorgonia does not take for a function of the logits; the second takes the terms
// out of it and is differentiable by the logits, with the gradient that lies ready in the vector.
func apply(d fused, logits, labels *G.Node) (*G.Node, error) {
	m := d.matrix
	vector := func(n int) func([]tensor.Shape) (tensor.Shape, error) {
		return func([]tensor.Shape) (tensor.Shape, error) { return tensor.Shape{n}, nil }
	}
	all, err := graph.Apply(graph.OpSpec{
		Desc: d, Name: "loss", In: []int{2, 2}, Out: 1, Shape: vector(d.Output()),
	}, logits, labels)
	if err != nil {
		return nil, err
	}
	return graph.Apply(graph.OpSpec{
		Desc: lossValue{m}, Name: "loss value", In: []int{2, 1}, Out: 1, Shape: vector(loss.TermCount),
		Wrt: []bool{true, false},
		Grad: func(in G.Nodes, _, seed *G.Node) (G.Nodes, error) {
			back, err := graph.Apply(graph.OpSpec{
				Desc: lossBack{m}, Name: "loss gradient", In: []int{1, 1}, Out: 2,
				Shape: func([]tensor.Shape) (tensor.Shape, error) { return tensor.Shape{m.rows, m.classes}, nil },
			}, in[1], seed)
			return G.Nodes{back, nil}, err
		},
	}, logits, all)
}
