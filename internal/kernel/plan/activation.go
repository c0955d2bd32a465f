package plan

import "csl/internal/kernel"

// Leaky is the activation of ABN and of convolutions' epilogues: v for v >= 0, slope*v below, NaN for
// NaN. Signs are as good as random, so it and Below0 avoid branches, which would be mispredicted.
// slope is between 0 and 1.
func Leaky[T kernel.Float](v, slope T) T { return max(v, v*slope) }

// Below0 is 1 where v < 0, else 0: the index of a factor in {1, slope}.
func Below0[T kernel.Float](v T) int {
	i := 0
	if v < 0 {
		i = 1
	}
	return i & 1
}

// ReLU keeps NaN, as PyTorch's does.
func ReLU[T kernel.Float](v T) T { return max(0, v) }
