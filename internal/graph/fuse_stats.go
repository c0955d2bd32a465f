package graph

import (
	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// fuseStats merges operations that read what was just computed into the operation that computes it, to save a
// pass over memory: the step then has two outputs. What is merged runs earlier than it would have, so
// whatever else it reads must be there already.
func fuseStats(ops []planOp, _ []*G.Node) []planOp {
	p := &statsFuser{made: map[*G.Node]int{}}
	for i := range ops {
		o := &ops[i]
		if p.stats(o) || p.sums(o) {
			continue
		}
		p.made[o.node] = len(p.ops)
		p.ops = append(p.ops, *o)
	}
	return p.ops
}

// statsFuser is fuseStats at work.
type statsFuser struct {
	ops  []planOp        // so far
	made map[*G.Node]int // which of them computes a node
}

// stats makes o, batch statistics of the output of a convolution, a part of that, if it is such.
func (p *statsFuser) stats(o *planOp) bool {
	if _, ok := o.desc.(kernel.BNStats); !ok {
		return false
	}
	i, ok := p.made[o.in[0]]
	if !ok {
		return false
	}
	first := &p.ops[i]
	c, ok := first.desc.(kernel.Conv)
	if !ok || c != (kernel.Conv{ConvShape: c.ConvShape, Epilogue: kernel.Epilogue{Slope: 1}}) {
		return false
	}
	first.desc, first.aux = kernel.ConvStats{ConvShape: c.ConvShape}, o.node
	p.made[o.node] = i
	return true
}

// sums makes o, the sums of ABN's backward pass, and the gradient of the ReLU behind it, which masks what o
// sums up, one operation, if o is such.
func (p *statsFuser) sums(o *planOp) bool {
	r, ok := o.desc.(kernel.ABNReduce)
	if !ok || r.FromY || r.Slope != 1 {
		return false
	}
	z, masked, stats := o.in[0], o.in[1], o.in[2]
	i, ok := p.made[masked]
	if !ok || !p.before(i, z) || !p.before(i, stats) {
		return false
	}
	first := &p.ops[i]
	if first.desc != (kernel.ActivateGrad{Len: r.Rows * r.C, Kind: kernel.ReLU}) {
		return false
	}
	p.ops[i] = planOp{
		node: masked, aux: o.node, in: []*G.Node{first.in[0], first.in[1], z, stats},
		desc: kernel.ABNResidualReduce{Rows: r.Rows, C: r.C}, kind: o.kind, layer: o.layer, inPlace: first.inPlace,
	}
	p.made[o.node] = i
	return true
}

// before reports whether n is there when step i begins.
func (p *statsFuser) before(i int, n *G.Node) bool {
	made, ok := p.made[n]
	return !ok || made < i
}
