package optim

import (
	"fmt"
	"math"
)

// OneCycle is the schedule of "Super-Convergence" (arXiv 1708.07120) as PyTorch's OneCycleLR has it
// with cosine annealing: the learning rate climbs from MaxLR/DivFactor to MaxLR during the first
// PctStart of the steps and falls to MaxLR/DivFactor/FinalDivFactor at the last, while Adam's beta1
// goes from MaxBeta1 to BaseBeta1 and back.
type OneCycle struct {
	MaxLR      float64 // largest learning rate
	TotalSteps int     // at least 1
	PctStart   float64 // within PctStartLimits
	DivFactor, FinalDivFactor,
	BaseBeta1, MaxBeta1 float64 // as in PyTorch: div_factor, final_div_factor, base_momentum, max_momentum
}

// NewOneCycle has the reference's values but for these arguments: factors 25 and 1e4, beta1 between
// 0.85 and 0.95. pctStart is 0.2 there.
func NewOneCycle(maxLR float64, totalSteps int, pctStart float64) (OneCycle, error) {
	if !LRLimits().Has(maxLR) {
		return OneCycle{}, outside("optimizer.lr", maxLR, LRLimits())
	}
	if totalSteps < 1 {
		return OneCycle{}, fmt.Errorf("one-cycle schedule of %d steps: must have at least 1", totalSteps)
	}
	if !PctStartLimits().Has(pctStart) {
		return OneCycle{}, outside("schedule.pct_start", pctStart, PctStartLimits())
	}
	return OneCycle{
		MaxLR: maxLR, TotalSteps: totalSteps, PctStart: pctStart,
		DivFactor: 25, FinalDivFactor: 1e4, BaseBeta1: 0.85, MaxBeta1: 0.95,
	}, nil
}

// At returns the learning rate and beta1 of a step, counted from 0. Steps past the end get the
// values of the last. Where the climb has no length (as with PctStart*TotalSteps = 1), the step at
// its end gets MaxLR.
func (o OneCycle) At(step int) (lr, beta1 float64) {
	start := o.MaxLR / o.DivFactor
	peak := float64(o.PctStart*float64(o.TotalSteps)) - 1 // rounded first, everywhere: fused, 0.2·5 - 1 is above 0
	at, last := float64(min(step, o.TotalSteps-1)), float64(o.TotalSteps-1)
	if at <= peak {
		f := fraction(at, 0, peak)
		return anneal(start, o.MaxLR, f), anneal(o.MaxBeta1, o.BaseBeta1, f)
	}
	f := fraction(at, peak, last)
	return anneal(o.MaxLR, start/o.FinalDivFactor, f), anneal(o.BaseBeta1, o.MaxBeta1, f)
}

func fraction(at, from, to float64) float64 {
	if to <= from {
		return 1
	}
	return (at - from) / (to - from)
}

// anneal goes from a to b along half a cosine.
func anneal(a, b, f float64) float64 { return b + (a-b)/2*(math.Cos(math.Pi*f)+1) }
