package graph

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Graph is an expression graph of one element type, float32 or float64.
type Graph struct {
	g     *G.ExprGraph
	dt    tensor.Dtype
	names map[string]bool
}

// New makes an empty graph whose nodes hold dt.
func New(dt tensor.Dtype) (*Graph, error) {
	if dt != tensor.Float32 && dt != tensor.Float64 {
		return nil, fmt.Errorf("graph of %v: only float32 and float64 are possible", dt)
	}
	return &Graph{g: G.NewGraph(), dt: dt, names: map[string]bool{}}, nil
}

// Dtype is the element type of the graph.
func (g *Graph) Dtype() tensor.Dtype { return g.dt }

// Expr is the underlying Gorgonia graph.
func (g *Graph) Expr() *G.ExprGraph { return g.g }

// Input adds a node whose values come from outside: data, weights, running statistics, a gradient
// seed. Gorgonia merges inputs of equal name and shape, so a name may be used once.
func (g *Graph) Input(name string, shape ...int) (*G.Node, error) {
	if g.names[name] {
		return nil, fmt.Errorf("graph input %q exists already", name)
	}
	s := tensor.Shape(shape)
	if len(s) == 0 || s.TotalSize() <= 0 {
		return nil, fmt.Errorf("graph input %q: shape %v", name, s)
	}
	g.names[name] = true
	return G.NewTensor(g.g, g.dt, len(s), G.WithShape(shape...), G.WithName(name)), nil
}

// Label says to which layer of the model the op that makes n belongs; profiles and error messages
// name it. It returns n.
func Label(n *G.Node, layer string) *G.Node {
	if o, ok := n.Op().(*op); ok {
		o.layer = layer
	}
	return n
}

// Layer is the label of n: that of its op, else the name of the node.
func Layer(n *G.Node) string {
	if o, ok := n.Op().(*op); ok {
		return o.layer
	}
	return n.Name()
}

// Gradients differentiates out, seeded with the gradient by out (same shape as out), by each of wrt.
// A graph may be differentiated once.
func Gradients(out, seed *G.Node, wrt G.Nodes) (G.Nodes, error) {
	grads, err := G.Backpropagate(G.Nodes{out}, G.Nodes{seed}, wrt)
	if err != nil {
		return nil, fmt.Errorf("differentiate %v: %w", out, err)
	}
	return grads, nil
}
