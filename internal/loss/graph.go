package loss

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/graph"
	"csl/internal/kernel"
)

// Build makes the function that adds the loss of c to a graph. Given nodes of logits and labels,
// [images, classes] both, labels 1, 0 or -1 in the graph's element type, it returns the loss
// vector, of length PartCount; its gradient by the logits is that of element PartTotal, and the
// seed must be 1 (or a scale) there.
//
// prior holds one value in [0, 1] per class in class order, nil for none; only the selective mode
// uses it.
//
// SingleLabel takes as the target of an image its first class labelled 1; images without one
// take no part, and the loss is the mean over the others.
func Build(c Config, prior []float32) (func(logits, labels *G.Node) (*G.Node, error), error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := checkPrior(prior, len(prior)); err != nil {
		return nil, err
	}
	if c.Name == SingleLabel {
		o := DefaultSingle()
		o.GammaPos, o.GammaNeg = c.GammaPos, c.GammaNeg
		return BuildSingle(o)
	}
	s := c.spec(prior)
	return func(logits, labels *G.Node) (*G.Node, error) {
		rows, classes, err := matrixShape(logits)
		if err != nil {
			return nil, err
		}
		if err := checkPrior(prior, classes); err != nil {
			return nil, err
		}
		return apply(fused{matrix{rows, classes}, s}, logits, labels)
	}, nil
}

// BuildSingle is Build for the single-label loss with all its options.
func BuildSingle(o SingleOptions) (func(logits, labels *G.Node) (*G.Node, error), error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return func(logits, labels *G.Node) (*G.Node, error) {
		rows, classes, err := matrixShape(logits)
		if err != nil {
			return nil, err
		}
		return apply(fusedSingle{matrix{rows, classes}, o}, logits, labels)
	}, nil
}

func matrixShape(logits *G.Node) (rows, classes int, err error) {
	s := logits.Shape()
	if len(s) != 2 {
		return 0, 0, fmt.Errorf("loss: logits of shape %v, want [images, classes]", s)
	}
	return s[0], s[1], nil
}

// apply adds the two operations of a loss. The first computes everything at once, the flat vector
// [gradient..., parts...], and is no function of the logits for Gorgonia; the second takes the parts
// out of it and is differentiable by the logits, with the gradient that lies ready in the vector.
func apply(d sized, logits, labels *G.Node) (*G.Node, error) {
	m := d.size()
	vector := func(n int) func([]tensor.Shape) (tensor.Shape, error) {
		return func([]tensor.Shape) (tensor.Shape, error) { return tensor.Shape{n}, nil }
	}
	all, err := graph.Apply(graph.OpSpec{
		Desc: d, Name: "loss", In: []int{2, 2}, Out: 1, Shape: vector(d.Output()), Overwrites: -1,
	}, logits, labels)
	if err != nil {
		return nil, err
	}
	return graph.Apply(graph.OpSpec{
		Desc: lossValue{m}, Name: "loss value", In: []int{2, 1}, Out: 1, Shape: vector(PartCount), Overwrites: -1,
		Wrt: []bool{true, false},
		Grad: func(in G.Nodes, _, seed *G.Node) (G.Nodes, error) {
			back, err := graph.Apply(graph.OpSpec{
				Desc: lossBack{m}, Name: "loss gradient", In: []int{1, 1}, Out: 2, Overwrites: -1,
				Shape: func([]tensor.Shape) (tensor.Shape, error) { return tensor.Shape{m.rows, m.classes}, nil },
			}, in[1], seed)
			return G.Nodes{back, nil}, err
		},
	}, logits, all)
}

// sized is a descriptor of a fused loss.
type sized interface {
	kernel.Custom
	size() matrix
}
