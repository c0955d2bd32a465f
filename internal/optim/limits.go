package optim

import (
	"fmt"

	"csl/internal/limit"
)

// LRLimits are those of the largest learning rate of a cycle.
func LRLimits() limit.Range { return limit.Above0() }

// PctStartLimits are those of the share of the steps in which the learning rate rises.
func PctStartLimits() limit.Range { return limit.UpTo(1) }

// WeightDecayLimits are those of Config.WeightDecay.
func WeightDecayLimits() limit.Range { return limit.AtLeast0() }

// DecayLimits are those of EMA.Decay.
func DecayLimits() limit.Range { return limit.Below1() }

// outside says that a setting is not within its limits.
func outside(key string, x float64, r limit.Range) error {
	return fmt.Errorf("%s: %v is not allowed: must be %s", key, x, r)
}
