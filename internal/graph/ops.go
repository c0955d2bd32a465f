package graph

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/kernel"
)

// staticShape is an OpSpec.Shape that is known when the op is made.
func staticShape(shape ...int) func([]tensor.Shape) (tensor.Shape, error) {
	return func([]tensor.Shape) (tensor.Shape, error) { return tensor.Shape(shape).Clone(), nil }
}

// like is the OpSpec.Shape of an op whose output has n's shape.
func like(n *G.Node) func([]tensor.Shape) (tensor.Shape, error) { return staticShape(n.Shape()...) }

// need checks that n exists and has the rank.
func need(what string, n *G.Node, rank int) error {
	if n == nil {
		return fmt.Errorf("%s: no input", what)
	}
	if n.Dims() != rank {
		return fmt.Errorf("%s: input has shape %v, want rank %d", what, n.Shape(), rank)
	}
	return nil
}

// mapShape is the shape of a feature map [N,H,W,C].
func mapShape(what string, n *G.Node) (kernel.MapShape, error) {
	if err := need(what, n, 4); err != nil {
		return kernel.MapShape{}, err
	}
	s := n.Shape()
	return kernel.MapShape{N: s[0], H: s[1], W: s[2], C: s[3]}, nil
}

// unary is an op on one feature map, cheap to compute, whose gradient, an op too, needs only the
// gradient by its output.
func unary(name string, x *G.Node, d, grad kernel.Desc, out ...int) (*G.Node, error) {
	return Apply(OpSpec{
		Desc: d, Name: name, In: []int{4}, Out: len(out), Shape: staticShape(out...),
		Wrt: []bool{true}, Recompute: len(out) == 4,
		Grad: func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
			dx, err := Apply(OpSpec{
				Desc: grad, Name: name + " input gradient", In: []int{len(out)}, Out: 4, Shape: like(in[0]),
			}, dy)
			return G.Nodes{dx}, err
		},
	}, x)
}

// SpaceToDepth turns x [N,H,W,C] into [N,H/4,W/4,16C]; H and W are multiples of 4.
func SpaceToDepth(x *G.Node) (*G.Node, error) {
	m, err := mapShape("space to depth", x)
	if err != nil {
		return nil, err
	}
	if m.H%4 != 0 || m.W%4 != 0 {
		return nil, fmt.Errorf("space to depth: sides %dx%d are not multiples of 4", m.H, m.W)
	}
	return unary("space to depth", x, kernel.SpaceToDepth{MapShape: m}, kernel.SpaceToDepthGrad{MapShape: m}, m.N, m.H/4, m.W/4, 16*m.C)
}

// BlurPool filters x [N,H,W,C] with the binomial 3x3 and halves its sides, rounding up.
func BlurPool(x *G.Node) (*G.Node, error) {
	m, err := mapShape("blur pool", x)
	if err != nil {
		return nil, err
	}
	return unary("blur pool", x, kernel.BlurPool{MapShape: m}, kernel.BlurPoolGrad{MapShape: m}, m.N, (m.H+1)/2, (m.W+1)/2, m.C)
}

// AvgPool averages 2x2 windows of x [N,H,W,C]; the sides are halved, rounding up.
func AvgPool(x *G.Node) (*G.Node, error) {
	m, err := mapShape("average pool", x)
	if err != nil {
		return nil, err
	}
	return unary("average pool", x, kernel.AvgPool{MapShape: m}, kernel.AvgPoolGrad{MapShape: m}, m.N, (m.H+1)/2, (m.W+1)/2, m.C)
}

// GlobalPool averages each channel of x [N,H,W,C] to [N,C].
func GlobalPool(x *G.Node) (*G.Node, error) {
	m, err := mapShape("global pool", x)
	if err != nil {
		return nil, err
	}
	return unary("global pool", x, kernel.GlobalPool{MapShape: m}, kernel.GlobalPoolGrad{MapShape: m}, m.N, m.C)
}

// Activate applies a pointwise function to x of any shape, in place where possible.
func Activate(x *G.Node, kind kernel.Activation) (*G.Node, error) {
	if x == nil {
		return nil, fmt.Errorf("activation: no input")
	}
	rank := x.Dims()
	return Apply(OpSpec{
		Desc: kernel.Activate{Len: x.Shape().TotalSize(), Kind: kind},
		Name: "activation", In: []int{rank}, Out: rank, Shape: like(x), InPlace: []int{0}, Wrt: []bool{true},
		Grad: func(_ G.Nodes, y, dy *G.Node) (G.Nodes, error) {
			dx, err := activateGrad(y, dy, kind)
			return G.Nodes{dx}, err
		},
	}, x)
}

// activateGrad is the gradient of an activation from its output y, in place over dy where possible.
func activateGrad(y, dy *G.Node, kind kernel.Activation) (*G.Node, error) {
	rank := y.Dims()
	return Apply(OpSpec{
		Desc: kernel.ActivateGrad{Len: y.Shape().TotalSize(), Kind: kind},
		Name: "activation gradient", In: []int{rank, rank}, Out: rank, Shape: like(y), InPlace: []int{1},
	}, y, dy)
}

// reluGrad is activateGrad of a ReLU at the end of a block, whose output may be recomputed.
func reluGrad(y, dy *G.Node) (*G.Node, error) {
	y, err := recomputed(y)
	if err != nil {
		return nil, err
	}
	return activateGrad(y, dy, kernel.ReLU)
}

// AddReLU is max(0, a+b) of two values of one shape, in place over either where possible.
func AddReLU(a, b *G.Node) (*G.Node, error) {
	if a == nil || b == nil || !a.Shape().Eq(b.Shape()) {
		return nil, fmt.Errorf("add: shapes %v and %v differ", a, b)
	}
	rank := a.Dims()
	return Apply(OpSpec{
		Desc: kernel.AddReLU{Len: a.Shape().TotalSize()},
		Name: "add relu", In: []int{rank, rank}, Out: rank, Shape: like(a), InPlace: []int{0, 1}, Wrt: []bool{true, true},
		Grad: func(_ G.Nodes, y, dy *G.Node) (G.Nodes, error) {
			d, err := reluGrad(y, dy)
			return G.Nodes{d, d}, err
		},
	}, a, b)
}

// ScaleChannels multiplies x [N,H,W,C] with s [N,C], in place over x where possible.
func ScaleChannels(x, s *G.Node) (*G.Node, error) {
	m, err := scaleShape(x, s)
	if err != nil {
		return nil, err
	}
	return Apply(OpSpec{
		Desc: kernel.ScaleChannels{MapShape: m},
		Name: "scale", In: []int{4, 2}, Out: 4, Shape: like(x), InPlace: []int{0}, Wrt: []bool{true, true}, Recompute: true,
		Grad: func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) { return scaleGrad(m, in, dy) },
	}, x, s)
}

// scaleGrad builds the gradients of x*s by x and s, which are the first two of in.
func scaleGrad(m kernel.MapShape, in G.Nodes, dy *G.Node) (G.Nodes, error) {
	x, err := recomputed(in[0])
	if err != nil {
		return nil, err
	}
	ds, err := Apply(OpSpec{
		Desc: kernel.ScaleChannelsGrad{MapShape: m},
		Name: "scale factor gradient", In: []int{4, 4}, Out: 2, Shape: like(in[1]),
	}, x, dy)
	if err != nil {
		return nil, err
	}
	dx, err := Apply(OpSpec{
		Desc: kernel.ScaleChannels{MapShape: m},
		Name: "scale input gradient", In: []int{4, 2}, Out: 4, Shape: like(in[0]), InPlace: []int{0},
	}, dy, in[1])
	return G.Nodes{dx, ds}, err
}

// ScaleAddReLU is max(0, x*s + residual), in place over x or residual where possible: the end of a
// basic block with squeeze-excite.
func ScaleAddReLU(x, s, residual *G.Node) (*G.Node, error) {
	m, err := scaleShape(x, s)
	if err != nil {
		return nil, err
	}
	return Apply(OpSpec{
		Desc: kernel.ScaleAddReLU{MapShape: m},
		Name: "scale add relu", In: []int{4, 2, 4}, Out: 4, Shape: like(x), InPlace: []int{0, 2},
		Wrt: []bool{true, true, true},
		Grad: func(in G.Nodes, y, dy *G.Node) (G.Nodes, error) {
			d, err := reluGrad(y, dy)
			if err != nil {
				return nil, err
			}
			grads, err := scaleGrad(m, in, d)
			return append(grads, d), err
		},
	}, x, s, residual)
}

func scaleShape(x, s *G.Node) (kernel.MapShape, error) {
	m, err := mapShape("scale", x)
	if err != nil {
		return m, err
	}
	return m, need("scale factors", s, 2)
}
