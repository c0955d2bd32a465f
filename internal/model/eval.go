package model

import "csl/internal/graph"

// EvalNet computes logits with the running statistics and the weights as they are at each run.
type EvalNet struct{ *network }

// NewEvalNet builds an evaluation net.
func NewEvalNet(be graph.Backend, w *Weights, o Options) (*EvalNet, error) {
	building.Lock()
	defer building.Unlock()
	n, err := newNetwork(be, w, evaluate, o)
	if err != nil {
		return nil, err
	}
	if err := n.compile(nil); err != nil {
		return nil, err
	}
	return &EvalNet{n}, nil
}

// Run computes the logits of the images in Input.
func (n *EvalNet) Run() error { return n.run() }

// InferNet computes logits with every norm folded into its convolution: the fast layout. The weights
// are taken when the net is made; after changing them make another one.
type InferNet struct{ *network }

// NewInferNet builds an inference net.
func NewInferNet(be graph.Backend, w *Weights, o Options) (*InferNet, error) {
	building.Lock()
	defer building.Unlock()
	n, err := newNetwork(be, w, inference, o)
	if err != nil {
		return nil, err
	}
	if err := n.compile(nil); err != nil {
		return nil, err
	}
	return &InferNet{n}, nil
}

// Run computes the logits of the images in Input.
func (n *InferNet) Run() error { return n.run() }
