package graph

import (
	G "gorgonia.org/gorgonia"

	"csl/internal/kernel"
)

// accumulate replaces sums of two gradients of which a convolution makes one: the convolution adds to
// the other as it stores its results, in the other's memory where that is free. Gorgonia makes such
// sums where a value is used more than once, as at the beginning of a residual block. outside lists
// values that somebody else reads.
func accumulate(ops []planOp, outside []*G.Node) []planOp {
	made, reads := map[*G.Node]int{}, map[*G.Node]int{}
	for i := range ops {
		made[ops[i].node] = i
		for _, c := range ops[i].in {
			reads[c]++
		}
	}
	for _, n := range outside {
		reads[n]++
	}
	merged := map[int]bool{} // convolutions that moved to where their sum was
	for i := range ops {
		if _, ok := ops[i].desc.(kernel.Add); !ok {
			continue
		}
		last, first := ops[i].in[0], ops[i].in[1]
		if made[first] > made[last] {
			last, first = first, last
		}
		for _, in := range [][2]*G.Node{{last, first}, {first, last}} { // the later one need not wait
			j, ok := made[in[0]]
			if !ok || reads[in[0]] != 1 {
				continue
			}
			if d, ok := ops[j].desc.(kernel.ConvDataGrad); ok && !d.Accumulate {
				ops[i] = accumulating(ops[i].node, ops[j], in[1])
				merged[j] = true
				break
			}
		}
	}
	var left []planOp
	for i := range ops {
		if !merged[i] {
			left = append(left, ops[i])
		}
	}
	return left
}

// accumulating is the convolution o adding to other; sum is the node of the result.
func accumulating(sum *G.Node, o planOp, other *G.Node) planOp {
	d := o.desc.(kernel.ConvDataGrad)
	d.Accumulate = true
	return planOp{
		node: sum, in: []*G.Node{o.in[0], o.in[1], other}, desc: d,
		kind: o.kind, layer: o.layer, over: []int{2},
	}
}
