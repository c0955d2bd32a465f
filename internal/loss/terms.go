package loss

import "csl/internal/kernel"

// The elements of the loss vector of a graph, and of Terms.
const (
	TermTotal        = iota // the loss
	TermPositive            // its share from positive cells
	TermNegative            // from negative cells
	TermUnknown             // from unknown cells that take part
	TermPositives           // cells labelled 1
	TermNegatives           // cells labelled 0
	TermUnknowns            // cells labelled -1, dropped ones included
	TermDroppedPrior        // unknown cells dropped by the prior gate
	TermDroppedTopK         // unknown cells picked by the top-K, whether or not the gate drops them too
	TermDroppedBoth         // unknown cells counted in both of the above
	TermCorrected           // unknown cells that count as positives
	TermCount               // the length of the vector
)

// Terms says what a batch's loss is made of. Total is Positive + Negative + Unknown. Counts are of
// cells by label, whatever their weight. Unknown cells that take no part in the selective mode:
// DroppedPrior + DroppedTopK - DroppedBoth.
type Terms struct {
	Total, Positive, Negative, Unknown     float64 // loss of the batch: all cells, and by label
	Positives, Negatives, Unknowns         int     // number of cells by label
	DroppedPrior, DroppedTopK, DroppedBoth int     // number of unknown cells dropped by the prior gate, by the top-K, and by both
	Corrected                              int     // number of unknown cells that count as positives
}

// TermsOf reads a loss vector of length TermCount. Counts up to 2^24 are exact in float32.
func TermsOf[T kernel.Float](v []T) Terms {
	return Terms{
		Total: float64(v[TermTotal]), Positive: float64(v[TermPositive]),
		Negative: float64(v[TermNegative]), Unknown: float64(v[TermUnknown]),
		Positives: int(v[TermPositives]), Negatives: int(v[TermNegatives]), Unknowns: int(v[TermUnknowns]),
		DroppedPrior: int(v[TermDroppedPrior]), DroppedTopK: int(v[TermDroppedTopK]),
		DroppedBoth: int(v[TermDroppedBoth]), Corrected: int(v[TermCorrected]),
	}
}

// PutTerms writes the loss vector.
func PutTerms[T kernel.Float](v []T, p Terms) {
	v[TermTotal], v[TermPositive] = T(p.Total), T(p.Positive)
	v[TermNegative], v[TermUnknown] = T(p.Negative), T(p.Unknown)
	v[TermPositives], v[TermNegatives], v[TermUnknowns] = T(p.Positives), T(p.Negatives), T(p.Unknowns)
	v[TermDroppedPrior], v[TermDroppedTopK] = T(p.DroppedPrior), T(p.DroppedTopK)
	v[TermDroppedBoth], v[TermCorrected] = T(p.DroppedBoth), T(p.Corrected)
}

// add accumulates q, Total excepted.
func (p *Terms) add(q *Terms) {
	p.Positive += q.Positive
	p.Negative += q.Negative
	p.Unknown += q.Unknown
	p.Positives += q.Positives
	p.Negatives += q.Negatives
	p.Unknowns += q.Unknowns
	p.DroppedPrior += q.DroppedPrior
	p.DroppedTopK += q.DroppedTopK
	p.DroppedBoth += q.DroppedBoth
	p.Corrected += q.Corrected
}

// total adds the terms of a batch's rows up, in their order.
func total(rows []Terms) (sum Terms) {
	for i := range rows {
		sum.add(&rows[i])
	}
	sum.Total = sum.Positive + sum.Negative + sum.Unknown
	return sum
}
