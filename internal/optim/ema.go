package optim

// EMA is the exponential moving average of weights and running statistics.
type EMA struct {
	Decay float64 // in [0, 1); 0.9997 in the published recipes
	// Warmup lowers the decay of early steps to (1+t)/(10+t), t counted from 1, so that a short
	// training does not average in its random start.
	Warmup bool
}

// Validate demands a decay in [0, 1).
func (e EMA) Validate() error {
	if !DecayLimits().Has(e.Decay) {
		return outside("ema.decay", e.Decay, DecayLimits())
	}
	return nil
}

// DecayAt is the decay of a step, counted from 1.
func (e EMA) DecayAt(step int) float64 {
	if !e.Warmup {
		return e.Decay
	}
	t := float64(step)
	return min(e.Decay, (1+t)/(10+t))
}

// Update moves avg towards x: avg = decay*avg + (1-decay)*x, in float32 as the reference. The slices
// have the same length.
func (e EMA) Update(step int, avg, x []float32) {
	d := e.DecayAt(step)
	keep, take := float32(d), float32(1-d)
	avg = avg[:len(x)]
	for i, v := range x {
		avg[i] = float32(keep*avg[i]) + float32(take*v)
	}
}
