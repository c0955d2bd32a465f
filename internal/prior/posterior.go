package prior

import "math"

// Posterior turns the logits of one class into the chance that a cell shows it: what log-odds are worth is measured on
// annotated cells that the model was not trained on, and corrected for the share of positives among the unknown cells.
type Posterior struct {
	// Share of the unknown cells that are positive, 0 to 1: the estimate by label shift where Known is true, drawn to
	// the share of annotated positives where these are few, else that share.
	Share float64
	// Known says that the held-out cells of the class tell what its logits are worth: the model ranks positives above
	// negatives, for sure.
	Known bool

	ratio calibration
}

// LogRatio is the logarithm of p(logit|present) / p(logit|absent); 0 where the class is not known.
func (p *Posterior) LogRatio(logit float32) float64 {
	if !p.Known {
		return 0
	}
	return min(max(p.ratio.logRatio(float64(logit)), -30), 30)
}

// Chance is that of an unknown cell to be positive: share r / (1 - share + share r) with r the likelihood ratio.
func (p *Posterior) Chance(logit float32) float64 {
	r := math.Exp(p.LogRatio(logit))
	return p.Share * r / (1 - p.Share + p.Share*r)
}

// Posteriors are those of the classes. Unlike [Shift.Estimate] they ask nothing of how the model was trained: the
// logit at which a ratio is 1 is at first the middle between the mean logits of held-out positives and negatives, not
// that of the base rate. fitted is false where no class has held-out cells of both labels; none is then known.
func (s *Shift) Posteriors() (list []Posterior, fitted bool) {
	held := make([]heldOut, len(s.class))
	for c := range s.class {
		k := &s.class[c]
		held[c] = newHeldOut(k.middle(), k.heldPositive, k.heldNegative)
	}
	shared, fitted := common(held, true)
	list = make([]Posterior, len(s.class))
	for c := range s.class {
		k, p := &s.class[c], &list[c]
		p.Share = (float64(k.positives) + 0.5) / float64(s.images+1)
		if !fitted || !held[c].separates() {
			continue
		}
		p.ratio = held[c].calibrate(shared, pullShiftMiddle)
		if p.Known = p.ratio.scale > 0; p.Known && k.unknown.total() > 0 {
			pi, _ := k.unknown.mix(p.ratio)
			p.Share = shrunk(pi, p.Share, float64(k.positives))
		}
	}
	return list, fitted
}

// fewPositives is how many annotated positives weigh as much as their share in [Posterior.Share]: the estimate of a
// class with fewer rests on a handful of cells.
const fewPositives = 20

// shrunk is the geometric mean of an estimated share and the share of the annotated positives, if that is smaller;
// the estimate weighs n^2 against fewPositives^2.
func shrunk(estimate, counted, n float64) float64 {
	if counted >= estimate {
		return estimate
	}
	weight := n * n / (n*n + fewPositives*fewPositives)
	return math.Exp(weight*math.Log(estimate) + (1-weight)*math.Log(counted))
}
