package loss

import (
	"fmt"
	"math"

	"csl/internal/kernel"
)

// SingleOptions are the arguments of the public ASLSingleLabel: softmax cross entropy, each class's
// log-probability weighted by (1-p)^GammaPos at the target and p^GammaNeg elsewhere. The gradient
// flows through the weights, as in the reference.
type SingleOptions struct {
	GammaPos, GammaNeg float64 // focusing powers of the target and of the other classes
	// Smoothing spreads that much of the target's weight evenly over all classes. In [0, 1).
	Smoothing float64
}

// DefaultSingle are the reference's defaults.
func DefaultSingle() SingleOptions { return SingleOptions{GammaPos: 0, GammaNeg: 4, Smoothing: 0.1} }

func (o SingleOptions) validate() error {
	if !(o.GammaPos >= 0 && o.GammaNeg >= 0 && o.Smoothing >= 0 && o.Smoothing < 1) ||
		math.IsInf(o.GammaPos, 1) || math.IsInf(o.GammaNeg, 1) {
		return fmt.Errorf("single-label loss %+v: gammas must be at least 0 and smoothing in [0, 1)", o)
	}
	return nil
}

// ASLSingleLabel computes the single-label asymmetric loss of each image into losses [rows] and
// the gradient of their sum by the logits into grad [rows, classes]; for the mean, divide both by
// the number of rows. logits are [rows, classes], targets hold a class number per row.
func ASLSingleLabel[T kernel.Float](o SingleOptions, logits []T, targets []int, losses, grad []T) error {
	if err := o.validate(); err != nil {
		return err
	}
	rows := len(targets)
	if rows == 0 || len(logits)%rows != 0 || len(logits) == 0 || len(losses) != rows || len(grad) != len(logits) {
		return fmt.Errorf("single-label loss: %d targets, %d logits, %d losses, %d gradients do not fit",
			rows, len(logits), len(losses), len(grad))
	}
	classes := len(logits) / rows
	for i, t := range targets {
		if t < 0 || t >= classes {
			return fmt.Errorf("single-label loss: target %d of row %d is not one of %d classes", t, i, classes)
		}
	}
	s := newSingle[T](o)
	for i, t := range targets {
		at := i * classes
		losses[i] = T(s.row(logits[at:at+classes], t, grad[at:at+classes], 1))
	}
	return nil
}

// single holds the exponents and smoothing of the loss.
type single[T kernel.Float] struct {
	pos, neg  exponent
	smoothing float64
}

func newSingle[T kernel.Float](o SingleOptions) single[T] {
	return single[T]{newExponent(o.GammaPos), newExponent(o.GammaNeg), o.Smoothing}
}

// row returns the loss of one image and writes its gradient, both times scale. With
// h_k = logp_k b_k^g_k, b = 1-p at the target and p elsewhere, the loss is -sum soft_k h_k and
// dh_k/dlogp_k = b^g + logp g b^(g-1) db/dlogp, where b^(g-1) db/dlogp is -(1-p)^(g-1) p or p^g.
func (s *single[T]) row(logits []T, target int, grad []T, scale float64) float64 {
	top := math.Inf(-1)
	for _, x := range logits {
		top = max(top, float64(x))
	}
	sum := 0.0
	for _, x := range logits {
		sum += math.Exp(float64(x) - top)
	}
	norm := top + math.Log(sum)
	soft := s.smoothing / float64(len(logits))
	loss, total := 0.0, 0.0
	for k, x := range logits {
		logp := float64(x) - norm
		var h, d float64
		if k == target {
			weight := 1 - s.smoothing + soft
			h, d = s.atTarget(logp)
			h, d = weight*h, weight*d
		} else if soft > 0 {
			p := math.Exp(logp)
			f := power(p, s.neg)
			h, d = soft*logp*f, soft*f*(1+logp*s.neg.value)
		}
		loss -= h
		total -= d
		grad[k] = T(-d * scale) // by logp_k; the softmax follows below
	}
	for k, x := range logits {
		grad[k] -= T(math.Exp(float64(x)-norm) * total * scale)
	}
	return loss * scale
}

// atTarget is h and dh/dlogp of the target's class.
func (s *single[T]) atTarget(logp float64) (h, d float64) {
	b := max(-math.Expm1(logp), 0) // 1-p
	f := power(b, s.pos)
	d = f
	if b > 0 {
		d -= logp * s.pos.value * f / b * math.Exp(logp)
	}
	return logp * f, d
}
