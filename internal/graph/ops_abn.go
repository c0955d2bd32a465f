package graph

import (
	"errors"

	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// ABN is the activated batch norm of z [N,H,W,C] with the statistics of the batch; gamma and beta
// are [C], slope is that of the activation below zero (1 = identity). It returns the output and the
// statistics [2,C]: means, then biased variances.
//
// The output takes z's memory where the backward pass does not need z: an invertible activation lets
// it rebuild the normalised values from the output. With slope 1, the last norm of a block, they
// come from z: gamma starts at 0 there, and nothing could be rebuilt from a constant output. As z is
// kept then, the output need not be.
//
// The batch is that of z, or the one that by knows, of which z is a part; by may be nil.
func ABN(z, gamma, beta *G.Node, slope float64, by Sharer) (y, stats *G.Node, err error) {
	s, err := abnShape(z, gamma, beta, slope)
	if err != nil {
		return nil, nil, err
	}
	if stats, err = batchStats(z, s, by); err != nil {
		return nil, nil, err
	}
	y, err = Apply(OpSpec{
		Desc: kernel.ABN{ABNShape: s},
		Name: "abn", In: []int{4, 2, 1, 1}, Out: 4, Shape: like(z), InPlace: []int{0},
		Wrt: []bool{true, false, true, true}, Recompute: slope == 1,
		Grad: func(in G.Nodes, out, dy *G.Node) (G.Nodes, error) {
			return abnGrad(s, by, in, out, dy)
		},
	}, z, stats, gamma, beta)
	return y, stats, err
}

// batchStats are the statistics [2,C] of the batch: means, then biased variances.
func batchStats(z *G.Node, s kernel.ABNShape, by Sharer) (*G.Node, error) {
	stats, err := Apply(OpSpec{
		Desc: kernel.BNStats{Rows: s.Rows, C: s.C},
		Name: "batch statistics", In: []int{4}, Out: 2, Shape: staticShape(2, s.C),
	}, z)
	if err != nil {
		return nil, err
	}
	return sharedStats(stats, s.C, by)
}

// ABNAddReLU is max(0, ABN of slope 1 + residual) in one pass, the end of a block; residual has the
// shape of z.
func ABNAddReLU(z, gamma, beta, residual *G.Node, by Sharer) (y, stats *G.Node, err error) {
	s, err := abnShape(z, gamma, beta, 1)
	if err != nil {
		return nil, nil, err
	}
	if err := need("abn residual", residual, 4); err != nil {
		return nil, nil, err
	}
	if stats, err = batchStats(z, s, by); err != nil {
		return nil, nil, err
	}
	y, err = Apply(OpSpec{
		Desc: kernel.ABNAddReLU{Rows: s.Rows, C: s.C},
		Name: "abn add relu", In: []int{4, 2, 1, 1, 4}, Out: 4, Shape: like(z), InPlace: []int{0},
		Wrt: []bool{true, false, true, true, true},
		Grad: func(in G.Nodes, out, dy *G.Node) (G.Nodes, error) {
			d, err := reluGrad(out, dy)
			if err != nil {
				return nil, err
			}
			grads, err := abnGrad(s, by, in, nil, d)
			return append(grads, d), err
		},
	}, z, stats, gamma, beta, residual)
	return y, stats, err
}

// abnGrad builds the gradients by z, gamma and beta. in: z, stats, gamma, beta. y may be nil if the
// slope is 1.
func abnGrad(s kernel.ABNShape, by Sharer, in G.Nodes, y, dy *G.Node) (G.Nodes, error) {
	stats, gamma, beta := in[1], in[2], in[3]
	kept, fromY := in[0], s.Slope > 0 && s.Slope < 1
	if fromY {
		kept = y
	}
	sums, err := Apply(OpSpec{
		Desc: kernel.ABNReduce{ABNShape: s, FromY: fromY},
		Name: "abn sums", In: []int{4, 4, 2, 1, 1}, Out: 2, Shape: staticShape(2, s.C),
	}, kept, dy, stats, gamma, beta)
	if err != nil {
		return nil, err
	}
	dgamma, err := Apply(OpSpec{
		Desc: kernel.ABNGammaGrad{C: s.C},
		Name: "abn gamma gradient", In: []int{2, 1}, Out: 1, Shape: staticShape(s.C),
	}, sums, gamma)
	if err != nil {
		return nil, err
	}
	dbeta, err := Apply(OpSpec{
		Desc: kernel.ABNBetaGrad{C: s.C},
		Name: "abn beta gradient", In: []int{2}, Out: 1, Shape: staticShape(s.C),
	}, sums)
	if err != nil {
		return nil, err
	}
	if sums, err = sharedSums(sums, s.C, by); err != nil {
		return nil, err
	}
	dz, err := Apply(OpSpec{
		Desc: kernel.ABNInputGrad{ABNShape: s, FromY: fromY},
		Name: "abn input gradient", In: []int{4, 4, 2, 2, 1, 1}, Out: 4, Shape: like(in[0]), InPlace: []int{1},
	}, kept, dy, stats, sums, gamma, beta)
	return G.Nodes{dz, nil, dgamma, dbeta}, err
}

// ABNEval is the activated batch norm with running statistics mean and variance [C], in place where
// possible, without a gradient.
func ABNEval(z, mean, variance, gamma, beta *G.Node, slope float64) (*G.Node, error) {
	s, err := abnShape(z, gamma, beta, slope)
	if err != nil {
		return nil, err
	}
	return Apply(OpSpec{
		Desc: kernel.ABNEval{ABNShape: s},
		Name: "abn", In: []int{4, 1, 1, 1, 1}, Out: 4, Shape: like(z), InPlace: []int{0},
	}, z, mean, variance, gamma, beta)
}

func abnShape(z, gamma, beta *G.Node, slope float64) (kernel.ABNShape, error) {
	m, err := mapShape("abn", z)
	if err != nil {
		return kernel.ABNShape{}, err
	}
	if err := errors.Join(need("abn gamma", gamma, 1), need("abn beta", beta, 1)); err != nil {
		return kernel.ABNShape{}, err
	}
	return kernel.ABNShape{Rows: m.N * m.H * m.W, C: m.C, Slope: slope}, nil
}
