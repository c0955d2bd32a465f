package metric

// totals are the cells of all classes by label.
func (a *Accumulator) totals() (positives, negatives, unknown int) {
	for i := range a.counts {
		k := &a.counts[i]
		positives, negatives, unknown = positives+k.positives, negatives+k.negatives, unknown+k.unknown
	}
	return positives, negatives, unknown
}

// undefine takes out of r what labels of one kind alone cannot tell. Without a negative everything
// predicted is right and every ranking perfect; without a positive there is nothing to find.
func (a *Accumulator) undefine(r *Report) {
	if a.images == 0 {
		return
	}
	positives, negatives, unknown := a.totals()
	switch {
	case positives+negatives == 0:
		r.Notes = append(r.Notes, "no annotated label: nothing is scored")
	case positives == 0:
		r.Notes = append(r.Notes, "no annotated positive: average precision, recall and F1 are undefined")
	case negatives == 0:
		r.Notes = append(r.Notes, "no annotated negative: average precision, precision and F1 are undefined on annotated labels")
	}
	if positives == 0 {
		r.MAP = nil
		r.PRF.withoutPositives()
		r.PRFUnknownAsNegative.withoutPositives()
		for i := range r.PerClass {
			r.PerClass[i].ReferenceAP = nil
		}
	}
	if negatives == 0 {
		r.MAPO = nil
		r.PRF.withoutNegatives()
	}
	if negatives+unknown == 0 {
		r.MAP = nil
		r.PRFUnknownAsNegative.withoutNegatives()
	}
}

// withoutNegatives leaves the recall.
func (p *PRF) withoutNegatives() { *p = PRF{CR: p.CR, OR: p.OR} }

// withoutPositives leaves the precision.
func (p *PRF) withoutPositives() { *p = PRF{CP: p.CP, OP: p.OP} }
