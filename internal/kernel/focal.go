package kernel

// The kinds of cells of a focal loss, by label 1, 0 and -1.
const (
	FocalPositive = iota
	FocalNegative
	FocalUnknown
	FocalKinds
)

// FocalKeyNone is greater than the bits of any float32 in [0, 1].
const FocalKeyNone = 1 << 30

// FocalTerms are the constants of a focal loss by kind of cell. A cell costs
// Alpha * a^Gamma * log(1+exp(z)), a = sigmoid(z), where z is the logit, negated for a positive cell.
// Its gradient by z is Alpha * a^(Gamma+1), and with FocusGrad Gamma*(1-a) times the cost on top: the
// derivative of the weight a^Gamma.
type FocalTerms struct {
	Alpha     [FocalKinds]float32 // weights
	Gamma     [FocalKinds]float64 // focusing exponents
	Live      [FocalKinds]bool    // kinds that take part at all
	FocusGrad bool                // the gradient flows through the focusing weight
}

// FocalSums are the sums over a row: losses and cells by kind, and the unknown cells that were gated,
// picked, and both. Cells counts all labels, whether or not they take part.
type FocalSums struct {
	Loss                [FocalKinds]float64 // by kind
	Cells               [FocalKinds]int     // by kind
	Gated, Picked, Both int                 // unknown cells
}

// Focal computes a focal loss row by row. One goroutine at a time; it does not allocate.
type Focal interface {
	// Row writes the gradients of a row by its logits, weight times the formula, 0 for cells that take
	// no part, and returns the sums, losses times weight too. Labels other than 1, 0 and -1 take no
	// part. Unknown cells take no part where gate has all bits set (0 elsewhere), and where keys, as
	// signed numbers, are below limit; gate and keys may be nil. All slices have one length.
	Row(grad, logits, labels []float32, gate, keys []uint32, limit uint32, weight float32) FocalSums
	// Keys writes, for every unknown cell with a logit of at least least, the bits of q = 1-sigmoid(logit),
	// rounded after every operation, and FocalKeyNone for other cells, for NaN and where skip, which may
	// be nil, has all bits set.
	Keys(keys []uint32, logits, labels []float32, skip []uint32, least float32)
	// Skip is a number of leading keys that has none below limit, as signed numbers: a fast way to the
	// next small key. It may stop a few keys before it.
	Skip(keys []uint32, limit uint32) int
}

// focalSet is a Set with a Focal.
type focalSet interface{ Focal(t FocalTerms) Focal }

// FocalOf is a Focal of the set for these terms, nil if it has none: the set may have no assembly, and a
// gamma must be a whole number from 0 to 7.
func FocalOf(set Set[float32], t FocalTerms) Focal {
	s, ok := set.(focalSet)
	if !ok {
		return nil
	}
	for _, g := range t.Gamma {
		if g != float64(int(g)&7) {
			return nil
		}
	}
	return s.Focal(t)
}
