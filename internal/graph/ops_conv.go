package graph

import (
	"errors"
	"fmt"

	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// Conv is the convolution of x [N,H,W,Ci] with w [K,K,Ci,Co], stride 1, zero padding K/2, no bias.
func Conv(x, w *G.Node) (*G.Node, error) {
	s, err := convShape(x, w)
	if err != nil {
		return nil, err
	}
	return Apply(OpSpec{
		Desc: kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Slope: 1}},
		Name: "conv", In: []int{4, 4}, Out: 4, Shape: staticShape(s.N, s.H, s.W, s.Co),
		Wrt: []bool{true, true},
		Grad: func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
			// The gradient by the weights comes first: x can be dropped before dx needs room.
			x, err := recomputed(in[0])
			if err != nil {
				return nil, err
			}
			dw, err := Apply(OpSpec{
				Desc: kernel.ConvWeightGrad{ConvShape: s},
				Name: "conv weight gradient", In: []int{4, 4}, Out: 4, Shape: like(in[1]),
			}, x, dy)
			if err != nil {
				return nil, err
			}
			dx, err := Apply(OpSpec{
				Desc: kernel.ConvDataGrad{ConvShape: s},
				Name: "conv input gradient", In: []int{4, 4}, Out: 4, Shape: like(in[0]),
			}, dy, in[1])
			return G.Nodes{dx, dw}, err
		},
	}, x, w)
}

// FusedOptions is what a fused convolution does besides; nil nodes are omitted.
type FusedOptions struct {
	Bias     *G.Node // [Co]
	Residual *G.Node // [N,H,W,Co]; the output may take its memory
	Slope    float64 // of the activation below zero: 1 = identity, 0 = ReLU
}

// ConvFused is act(conv(x, w) + bias + residual) without a gradient. The weights are constant: a machine
// packs them once, or gets them packed (Machine.BindPacked).
func ConvFused(x, w *G.Node, f FusedOptions) (*G.Node, error) {
	s, err := convShape(x, w)
	if err != nil {
		return nil, err
	}
	d := kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Slope: f.Slope}, ConstWeights: true}
	spec := OpSpec{
		Name: "conv", In: []int{4, 4}, Out: 4, Shape: staticShape(s.N, s.H, s.W, s.Co),
	}
	in := []*G.Node{x, w}
	if f.Bias != nil {
		d.Bias = true
		spec.In = append(spec.In, 1)
		in = append(in, f.Bias)
	}
	if f.Residual != nil {
		d.Residual = true
		spec.InPlace = []int{len(in)}
		spec.In = append(spec.In, 4)
		in = append(in, f.Residual)
	}
	spec.Desc = d
	return Apply(spec, in...)
}

func convShape(x, w *G.Node) (kernel.ConvShape, error) {
	if err := errors.Join(need("conv", x, 4), need("conv weights", w, 4)); err != nil {
		return kernel.ConvShape{}, err
	}
	xs, ws := x.Shape(), w.Shape()
	if ws[0] != ws[1] || ws[0]%2 == 0 || ws[2] != xs[3] {
		return kernel.ConvShape{}, fmt.Errorf("conv: weights %v do not fit input %v", ws, xs)
	}
	return kernel.ConvShape{N: xs[0], H: xs[1], W: xs[2], Ci: ws[2], Co: ws[3], K: ws[0]}, nil
}

// Linear is x [N,In] times w [In,Out] plus b [Out]. With constant the weights are constant, as with ConvFused.
func Linear(x, w, b *G.Node, constant bool) (*G.Node, error) {
	if err := errors.Join(need("linear", x, 2), need("linear weights", w, 2), need("linear bias", b, 1)); err != nil {
		return nil, err
	}
	s := kernel.LinearShape{N: x.Shape()[0], In: w.Shape()[0], Out: w.Shape()[1]}
	return Apply(OpSpec{
		Desc: kernel.Linear{LinearShape: s, ConstWeights: constant},
		Name: "linear", In: []int{2, 2, 1}, Out: 2, Shape: staticShape(s.N, s.Out),
		Wrt: []bool{true, true, true},
		Grad: func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
			dw, err := Apply(OpSpec{
				Desc: kernel.LinearWeightGrad{LinearShape: s},
				Name: "linear weight gradient", In: []int{2, 2}, Out: 2, Shape: like(in[1]),
			}, in[0], dy)
			if err != nil {
				return nil, err
			}
			db, err := Apply(OpSpec{
				Desc: kernel.BiasGrad{Rows: s.N, C: s.Out},
				Name: "bias gradient", In: []int{2}, Out: 1, Shape: like(in[2]),
			}, dy)
			if err != nil {
				return nil, err
			}
			dx, err := Apply(OpSpec{
				Desc: kernel.LinearDataGrad{LinearShape: s},
				Name: "linear input gradient", In: []int{2, 2}, Out: 2, Shape: like(in[0]),
			}, dy, in[1])
			return G.Nodes{dx, dw, db}, err
		},
	}, x, w, b)
}
