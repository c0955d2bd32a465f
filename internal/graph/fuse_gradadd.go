package graph

import (
	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// fuseGradAdds merges sums of two gradients into what makes them, to save a pass over memory. Gorgonia
// makes such sums where a value is used more than once, as at the beginning of a residual block and in
// squeeze-excite. outside lists values that somebody else reads.
func fuseGradAdds(ops []planOp, outside []*G.Node) []planOp {
	m := &gradAddFuser{ops: ops, made: map[*G.Node]int{}, reads: map[*G.Node]int{}, merged: map[int]bool{}}
	for i := range ops {
		m.made[ops[i].node] = i
		for _, c := range ops[i].in {
			m.reads[c]++
		}
	}
	for _, n := range outside {
		m.reads[n]++
	}
	for i := range ops {
		if _, ok := ops[i].desc.(kernel.Add); !ok {
			continue
		}
		later, earlier := ops[i].in[0], ops[i].in[1]
		if m.made[earlier] > m.made[later] {
			later, earlier = earlier, later
		}
		_ = m.squeeze(i, later, earlier) || m.squeeze(i, earlier, later) ||
			m.convolution(i, later, earlier) || m.convolution(i, earlier, later)
	}
	var left []planOp
	for i := range ops {
		if !m.merged[i] {
			left = append(left, ops[i])
		}
	}
	return left
}

// gradAddFuser is fuseGradAdds at work. An operation that is merged into a sum moves to where the sum is.
type gradAddFuser struct {
	ops    []planOp
	made   map[*G.Node]int // which of ops computes a node
	reads  map[*G.Node]int // how often it is read
	merged map[int]bool    // which of ops are gone
}

// only is the operation that computes n, if n is read once.
func (m *gradAddFuser) only(n *G.Node) (*planOp, bool) {
	i, ok := m.made[n]
	if !ok || m.reads[n] != 1 {
		return nil, false
	}
	return &m.ops[i], true
}

// convolution makes sum number i a convolution's input gradient that is added to other, in other's
// memory where that is free, if grad is such a gradient.
func (m *gradAddFuser) convolution(i int, grad, other *G.Node) bool {
	o, ok := m.only(grad)
	if !ok {
		return false
	}
	d, ok := o.desc.(kernel.ConvDataGrad)
	if !ok || d.Accumulate {
		return false
	}
	d.Accumulate = true
	m.merged[m.made[grad]] = true
	m.ops[i] = planOp{
		node: m.ops[i].node, in: []*G.Node{o.in[0], o.in[1], other}, desc: d,
		kind: o.kind, layer: o.layer, inPlace: []int{2},
	}
	return true
}

// squeeze makes sum number i one operation if it adds up the two ways of squeeze-excite: scaled, a
// gradient times the factors, and pooled, that of the averages that the factors are made of.
func (m *gradAddFuser) squeeze(i int, scaled, pooled *G.Node) bool {
	a, okA := m.only(scaled)
	b, okB := m.only(pooled)
	if !okA || !okB {
		return false
	}
	d, okA := a.desc.(kernel.ScaleChannels)
	p, okB := b.desc.(kernel.GlobalPoolGrad)
	if !okA || !okB || d.MapShape != p.MapShape {
		return false
	}
	m.merged[m.made[scaled]], m.merged[m.made[pooled]] = true, true
	m.ops[i] = planOp{
		node: m.ops[i].node, in: []*G.Node{a.in[0], a.in[1], b.in[0]}, desc: kernel.SqueezeGrad(d),
		kind: "squeeze input gradient", layer: b.layer, inPlace: []int{0},
	}
	return true
}
