package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"
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
	Name        string
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
		return fmt.Errorf("optimizer.name %q: must be one of %s", c.Name, strings.Join(Names(), ", "))
	case !(c.WeightDecay >= 0) || math.IsInf(c.WeightDecay, 1):
		return fmt.Errorf("optimizer.weight_decay %v: must be at least 0", c.WeightDecay)
	case !(c.Beta2 >= 0 && c.Beta2 < 1):
		return fmt.Errorf("optimizer beta2 %v: must be in [0, 1)", c.Beta2)
	case !(c.Eps > 0):
		return fmt.Errorf("optimizer eps %v: must be greater than 0", c.Eps)
	case c.EMA != nil:
		return c.EMA.Validate()
	}
	return nil
}

// coefficients are what one step multiplies with.
type coefficients struct {
	beta1, take1 float32 // take1 = 1-beta1
	beta2, take2 float32
	stepSize     float32 // lr/(1-beta1^t)
	root2        float32 // sqrt(1-beta2^t)
	eps          float32
	l2           float32 // added to the gradient, times the weight
	shrink       float32 // the weight is multiplied by it; 1 for Adam
	keep, take   float32 // of the average
}

func (c Config) coefficients(step int, lr, beta1 float64) coefficients {
	t := float64(step)
	k := coefficients{
		beta1: float32(beta1), take1: float32(1 - beta1),
		beta2: float32(c.Beta2), take2: float32(1 - c.Beta2),
		stepSize: float32(lr / (1 - math.Pow(beta1, t))),
		root2:    float32(math.Sqrt(1 - math.Pow(c.Beta2, t))),
		eps:      float32(c.Eps),
		shrink:   1,
	}
	if c.Name == AdamW {
		k.shrink = float32(1 - lr*c.WeightDecay)
	} else {
		k.l2 = float32(c.WeightDecay)
	}
	if c.EMA != nil {
		d := c.EMA.DecayAt(step)
		k.keep, k.take = float32(d), float32(1-d)
	}
	return k
}

// withoutDecay is k for parameters that do not decay.
func (k coefficients) withoutDecay() coefficients {
	k.l2, k.shrink = 0, 1
	return k
}

// update is one step of Adam on the slices: g += l2*w; m = beta1*m + (1-beta1)*g;
// v = beta2*v + (1-beta2)*g*g; w -= stepSize * m/(sqrt(v)/root2 + eps). The moments are rounded where
// PyTorch rounds; the quotient is expanded by root2, which saves one of two divisions, the dearest
// operations here. ema, which may be empty, then follows w: in a loop of its own, as one loop over
// five slices has more constants than registers.
func (k *coefficients) update(w, g, m, v, ema []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	c := *k // registers: the compiler must assume that the slices overlap *k
	step, eps := c.stepSize*c.root2, c.eps*c.root2
	for i, x := range w {
		x *= c.shrink
		d := g[i] + c.l2*x
		first := c.beta1*m[i] + c.take1*d
		second := c.beta2*v[i] + c.take2*(d*d)
		m[i], v[i] = first, second
		w[i] = x - step*(first/(float32(math.Sqrt(float64(second)))+eps))
	}
	if len(ema) > 0 {
		average(c.keep, c.take, ema, w)
	}
}
