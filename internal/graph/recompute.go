package graph

import (
	"slices"

	G "gorgonia.org/gorgonia"
)

// Recompute has the backward pass recompute n instead of having it kept since the
// forward pass. Call it before Gradients; n must be the output of AddReLU, ABNAddReLU or ScaleAddReLU,
// whose inputs are kept or recomputed themselves. It returns n.
func Recompute(n *G.Node) *G.Node {
	if o, ok := n.Op().(*op); ok {
		o.Recompute = true
	}
	return n
}

// recomputed returns a node with the value of x for the backward pass. What is cheap to compute
// (OpSpec.Recompute) is recomputed from values that are kept anyway, once for all that read it:
// the time is less than what the memory is worth.
func recomputed(x *G.Node) (*G.Node, error) {
	o, ok := x.Op().(*op)
	if !ok || !o.Recompute {
		return x, nil
	}
	if o.recomputed != nil {
		return o.recomputed, nil
	}
	in := slices.Clone(childrenOf(x))
	for i := range in {
		var err error
		if in[i], err = recomputed(in[i]); err != nil {
			return nil, err
		}
	}
	spec := o.OpSpec
	spec.Name, spec.Grad, spec.Wrt, spec.Recompute = spec.Name+" recompute", nil, nil, false
	y, err := Apply(spec, in...)
	if err != nil {
		return nil, err
	}
	o.recomputed = Label(y, o.layer)
	return y, nil
}
