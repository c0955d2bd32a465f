package train

import (
	"fmt"

	"csl/internal/rundir"
)

// best keeps the best validation so far. Its fields are part of a saved state.
type best struct {
	Value  *float64 `json:"value"`  // of the monitored metric; nil before the first defined one
	Source string   `json:"source"` // rundir.Regular or rundir.EMA
	Step   int      `json:"step"`   // when it was
	Stale  int      `json:"stale"`  // validations since then
}

// watched is the monitored metric of scores; nil where it is undefined.
func watched(s rundir.Scores, monitor string) (*float64, error) {
	v, ok := s.ByName()[monitor]
	if !ok {
		return nil, fmt.Errorf("train.monitor: %q is not a metric", monitor)
	}
	return v, nil
}

// offer judges a validation and completes its record. Of equal values the earlier one and, within
// one validation, the regular weights stay the best.
func (b *best) offer(v *rundir.Validation) error {
	value, err := watched(v.Regular, v.Monitor)
	if err != nil {
		return err
	}
	e, err := watched(v.EMA, v.Monitor)
	if err != nil {
		return err
	}
	source := rundir.Regular
	if e != nil && (value == nil || *e > *value) {
		value, source = e, rundir.EMA
	}
	v.Best, v.Source = value, source
	v.Improved = value != nil && (b.Value == nil || *value > *b.Value)
	if !v.Improved {
		b.Stale++
		return nil
	}
	*b = best{Value: value, Source: source, Step: v.Step}
	return nil
}
