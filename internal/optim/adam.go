package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"csl/internal/kernel"
)

// The values of Config.Name.
const (
	// Adam adds weight decay to the gradient (L2), as the reference.
	Adam = "adam"
	// AdamW shrinks the weights themselves by lr*decay.
	AdamW = "adamw"
)

// Names lists the values of Config.Name.
func Names() []string { return []string{Adam, AdamW} }

// Config chooses an optimizer. Learning rate and beta1 come with each step.
type Config struct {
	Name        string  // adam or adamw
	WeightDecay float64 // at least 0; applied to parameters with Decay
	Beta2       float64 // 0.999
	Eps         float64 // 1e-8
	// EMA averages the parameters if not nil.
	EMA *EMA
}

// Defaults are the reference's: Adam, weight decay 1e-4, EMA 0.9997 without warm-up.
func Defaults() Config {
	return Config{Name: Adam, WeightDecay: 1e-4, Beta2: 0.999, Eps: 1e-8, EMA: &EMA{Decay: 0.9997}}
}

// Validate names the first field, by its key in the configuration, that has no meaning.
func (c Config) Validate() error {
	switch {
	case !slices.Contains(Names(), c.Name):
		return fmt.Errorf("optimizer.name: %s is not allowed: must be one of %s", c.Name, strings.Join(Names(), ", "))
	case !WeightDecayLimits().Has(c.WeightDecay):
		return outside("optimizer.weight_decay", c.WeightDecay, WeightDecayLimits())
	case !(c.Beta2 >= 0 && c.Beta2 < 1):
		return fmt.Errorf("optimizer beta2 %v: must be in [0, 1)", c.Beta2)
	case !(c.Eps > 0):
		return fmt.Errorf("optimizer eps %v: must be greater than 0", c.Eps)
	case c.EMA != nil:
		return c.EMA.Validate()
	}
	return nil
}

// factors are those of a step. The quotient of Adam's definition, m/(sqrt(v)/root2 + eps) with root2 =
// sqrt(1-beta2^t), is expanded by root2, which saves one of two divisions per parameter.
func (c Config) factors(step int, lr, beta1 float64) kernel.AdamStep {
	t := float64(step)
	stepSize := float32(lr / (1 - math.Pow(beta1, t)))
	root2 := float32(math.Sqrt(1 - math.Pow(c.Beta2, t)))
	k := kernel.AdamStep{
		Beta1: float32(beta1), Take1: float32(1 - beta1),
		Beta2: float32(c.Beta2), Take2: float32(1 - c.Beta2),
		Step: stepSize * root2, Eps: float32(c.Eps) * root2,
		Shrink: 1,
	}
	if c.Name == AdamW {
		k.Shrink = float32(1 - lr*c.WeightDecay)
	} else {
		k.L2 = float32(c.WeightDecay)
	}
	if c.EMA != nil {
		d := c.EMA.DecayAt(step)
		k.Keep, k.Take = float32(d), float32(1-d)
	}
	return k
}

// withoutDecay is k for parameters that do not decay.
func withoutDecay(k kernel.AdamStep) kernel.AdamStep {
	k.L2, k.Shrink = 0, 1
	return k
}
