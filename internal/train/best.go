package train

import "csl/internal/rundir"

// Sources of weights.
const (
	sourceRegular = "regular"
	sourceEMA     = "ema"
)

// best keeps the best validation so far. Its fields are part of a saved state.
type best struct {
	Value  *float64 `json:"value"`  // of the monitored metric; nil before the first defined one
	Source string   `json:"source"` // whose it was
	Step   int      `json:"step"`   // when it was
	Stale  int      `json:"stale"`  // validations since then
}

// watched is the monitored metric of scores; nil where it is undefined.
func watched(s rundir.Scores, monitor string) *float64 {
	switch monitor {
	case "map_o":
		return s.MAPO
	case "map":
		return s.MAP
	case "cf1":
		return s.CF1
	case "of1":
		return s.OF1
	}
	return s.MAPPartial
}

// offer judges a validation and completes its record. Of equal values the earlier one and, within
// one validation, the regular weights stay the best.
func (b *best) offer(v *rundir.Validation) {
	value, source := watched(v.Regular, v.Monitor), sourceRegular
	if e := watched(v.EMA, v.Monitor); e != nil && (value == nil || *e > *value) {
		value, source = e, sourceEMA
	}
	v.Best, v.Source = value, source
	v.Improved = value != nil && (b.Value == nil || *value > *b.Value)
	if !v.Improved {
		b.Stale++
		return
	}
	*b = best{Value: value, Source: source, Step: v.Step}
}
