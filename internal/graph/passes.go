package graph

import G "gorgonia.org/gorgonia"

// pass rewrites the operations of a plan; outside lists values that somebody else reads. The operations come
// and go in the order in which they run, and every value in outside is still computed afterwards.
type pass func(ops []planOp, outside []*G.Node) []planOp

// passes are the rewrites of every plan, in this order: sums of gradients are fused first, as what they leave
// decides which operation computes a map that statistics are then taken of.
func passes() []pass {
	return []pass{
		fuseGradAdds,
		fuseStats,
	}
}
