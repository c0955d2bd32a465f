package graph

import (
	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// pairUp merges operations that read what was just computed into the operation that computes it, to save a
// pass over memory: the step then has two outputs.
func pairUp(ops []planOp) []planOp {
	made := map[*G.Node]int{} // which of left computes a node
	var left []planOp
	for i := range ops {
		o := &ops[i]
		if first, ok := made[o.in[0]]; ok && pairStats(&left[first], o) {
			made[o.node] = first
			continue
		}
		made[o.node] = len(left)
		left = append(left, *o)
	}
	return left
}

// pairStats makes o, batch statistics of the output of conv, a part of it, if they are that. The statistics
// are ready earlier, which is no harm: they read nothing else.
func pairStats(conv, o *planOp) bool {
	c, ok := conv.desc.(kernel.Conv)
	if _, stats := o.desc.(kernel.BNStats); !ok || !stats {
		return false
	}
	if c != (kernel.Conv{ConvShape: c.ConvShape, Epilogue: kernel.Epilogue{Slope: 1}}) {
		return false
	}
	conv.desc, conv.second = kernel.ConvStats{ConvShape: c.ConvShape}, o.node
	return true
}
