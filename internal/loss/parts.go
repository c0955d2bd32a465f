package loss

import "csl/internal/kernel"

// The elements of the loss vector of a graph, and of Parts.
const (
	PartTotal        = iota // the loss
	PartPositive            // its share from positive cells
	PartNegative            // from negative cells
	PartUnknown             // from unknown cells that take part
	PartPositives           // cells labelled 1
	PartNegatives           // cells labelled 0
	PartUnknowns            // cells labelled -1, dropped ones included
	PartDroppedPrior        // unknown cells dropped by the prior gate
	PartDroppedTopK         // unknown cells picked by the top-K, whether or not the gate drops them too
	PartDroppedBoth         // unknown cells counted in both of the above
	PartCount               // the length of the vector
)

// Parts says what a batch's loss is made of. Total is Positive + Negative + Unknown. Counts are of
// cells by label, whatever their weight. Unknown cells that take no part in the selective mode:
// DroppedPrior + DroppedTopK - DroppedBoth.
type Parts struct {
	Total, Positive, Negative, Unknown     float64
	Positives, Negatives, Unknowns         int
	DroppedPrior, DroppedTopK, DroppedBoth int
}

// PartsOf reads a loss vector of length PartCount. Counts up to 2^24 are exact in float32.
func PartsOf[T kernel.Float](v []T) Parts {
	return Parts{
		Total: float64(v[PartTotal]), Positive: float64(v[PartPositive]),
		Negative: float64(v[PartNegative]), Unknown: float64(v[PartUnknown]),
		Positives: int(v[PartPositives]), Negatives: int(v[PartNegatives]), Unknowns: int(v[PartUnknowns]),
		DroppedPrior: int(v[PartDroppedPrior]), DroppedTopK: int(v[PartDroppedTopK]),
		DroppedBoth: int(v[PartDroppedBoth]),
	}
}

// putParts writes the loss vector.
func putParts[T kernel.Float](v []T, p Parts) {
	v[PartTotal], v[PartPositive] = T(p.Total), T(p.Positive)
	v[PartNegative], v[PartUnknown] = T(p.Negative), T(p.Unknown)
	v[PartPositives], v[PartNegatives], v[PartUnknowns] = T(p.Positives), T(p.Negatives), T(p.Unknowns)
	v[PartDroppedPrior], v[PartDroppedTopK] = T(p.DroppedPrior), T(p.DroppedTopK)
	v[PartDroppedBoth] = T(p.DroppedBoth)
}

// add accumulates q, Total excepted.
func (p *Parts) add(q *Parts) {
	p.Positive += q.Positive
	p.Negative += q.Negative
	p.Unknown += q.Unknown
	p.Positives += q.Positives
	p.Negatives += q.Negatives
	p.Unknowns += q.Unknowns
	p.DroppedPrior += q.DroppedPrior
	p.DroppedTopK += q.DroppedTopK
	p.DroppedBoth += q.DroppedBoth
}
