package metric

// PRF is precision, recall and F1 at the threshold. CP, CR and CF1 are means over all classes of the
// class's own value, 0 where it has no true positive (the reference's definition, so CF1 is no
// function of CP and CR); CF1Ratio is the F1 of CP and CR. OP, OR and OF1 are of all cells together.
type PRF struct {
	CP       *float64 `json:"cp"`        // precision, mean over classes
	CR       *float64 `json:"cr"`        // recall, mean over classes
	CF1      *float64 `json:"cf1"`       // F1, mean over classes
	CF1Ratio *float64 `json:"cf1_ratio"` // harmonic mean of CP and CR
	OP       *float64 `json:"op"`        // precision of all cells together
	OR       *float64 `json:"or"`        // recall of all cells together
	OF1      *float64 `json:"of1"`       // F1 of all cells together
}

// prf is over annotated cells, or over all with the unknown ones as negatives.
func (a *Accumulator) prf(unknownAsNegative bool) PRF {
	var tp, predicted, positives int
	var cp, cr, cf1 float64
	for i := range a.counts {
		k := &a.counts[i]
		hit, said := k.truePositive, k.truePositive+k.falsePositive
		if unknownAsNegative {
			said += k.falseUnknown
		}
		tp, predicted, positives = tp+hit, predicted+said, positives+k.positives
		if hit > 0 {
			p, r := 100*float64(hit)/float64(said), 100*float64(hit)/float64(k.positives)
			cp, cr, cf1 = cp+p, cr+r, cf1+2*p*r/(p+r)
		}
	}
	n := len(a.counts)
	s := PRF{CP: ratio(cp, n), CR: ratio(cr, n), CF1: ratio(cf1, n)}
	s.CF1Ratio = f1(s.CP, s.CR)
	s.OP, s.OR = ratio(100*float64(tp), predicted), ratio(100*float64(tp), positives)
	s.OF1 = f1(s.OP, s.OR)
	return s
}

// f1 is the harmonic mean, undefined where a part is or where both are 0.
func f1(p, r *float64) *float64 {
	if p == nil || r == nil || *p+*r == 0 {
		return nil
	}
	f := 2 * *p * *r / (*p + *r)
	return &f
}
