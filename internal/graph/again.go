package graph

import (
	"slices"

	G "gorgonia.org/gorgonia"
)

// ComputeAgain has the backward pass compute n a second time instead of having it kept since the
// forward pass. Call it before Gradients; n must be the output of AddReLU, ABNAddReLU or ScaleAddReLU,
// whose inputs are kept or computed again themselves. It returns n.
func ComputeAgain(n *G.Node) *G.Node {
	if o, ok := n.Op().(*op); ok {
		o.Again = true
	}
	return n
}

// again returns a node with the value of x for the backward pass. What is cheap to compute
// (OpSpec.Again) is computed a second time from values that are kept anyway, once for all that read it:
// the time is less than what the memory is worth.
func again(x *G.Node) (*G.Node, error) {
	o, ok := x.Op().(*op)
	if !ok || !o.Again {
		return x, nil
	}
	if o.second != nil {
		return o.second, nil
	}
	in := slices.Clone(childrenOf(x))
	for i := range in {
		var err error
		if in[i], err = again(in[i]); err != nil {
			return nil, err
		}
	}
	spec := o.OpSpec
	spec.Name, spec.Grad, spec.Wrt, spec.Again = spec.Name+" again", nil, nil, false
	y, err := Apply(spec, in...)
	if err != nil {
		return nil, err
	}
	o.second = Label(y, o.layer)
	return y, nil
}
