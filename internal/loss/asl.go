package loss

import (
	"fmt"

	"csl/internal/kernel"
)

// ASLOptions are the arguments of the public AsymmetricLoss and AsymmetricLossOptimized. A cell
// labelled 1 is positive; every other, unknown ones too, is negative.
type ASLOptions struct {
	GammaNeg, GammaPos float64 // focusing powers
	Clip               float64 // added to the probability of a negative
	// LogClamp is the reference's eps, 1e-8 there; 0 is the exact logarithm (see Config.LogClamp).
	LogClamp float64
	// DisableTorchGradFocalLoss, named as in the reference, makes the focusing weight a constant for
	// the gradient.
	DisableTorchGradFocalLoss bool
}

// DefaultASL are the defaults of the reference's AsymmetricLoss, but for LogClamp.
func DefaultASL() ASLOptions {
	return ASLOptions{GammaNeg: 4, GammaPos: 1, Clip: 0.05, DisableTorchGradFocalLoss: true}
}

// DefaultASLOptimized are those of AsymmetricLossOptimized.
func DefaultASLOptimized() ASLOptions {
	o := DefaultASL()
	o.DisableTorchGradFocalLoss = false
	return o
}

// AsymmetricLoss is the asymmetric loss of one batch, logits and labels [rows, classes], and its
// gradient by the logits. In float32 it computes with the assembly of set where that has some; nil is
// portable. It allocates what it needs; NewAsymmetricLossOptimized gives bit-identical
// results without allocating per call.
func AsymmetricLoss[T kernel.Float](set kernel.Set[float32], o ASLOptions, logits, labels []T, rows, classes int) (Terms, []T, error) {
	e, err := NewAsymmetricLossOptimized[T](set, o, rows, classes)
	if err != nil {
		return Terms{}, nil, err
	}
	if n := rows * classes; len(logits) != n || len(labels) != n {
		return Terms{}, nil, fmt.Errorf("asymmetric loss of %d images and %d classes: %d logits, %d labels", rows, classes, len(logits), len(labels))
	}
	grad := make([]T, len(logits))
	return e.Run(nil, logits, labels, grad), grad, nil
}

// NewAsymmetricLossOptimized makes an evaluator of the asymmetric loss whose Run does not allocate. In
// float32 it computes with the assembly of set where that has some; nil is portable.
func NewAsymmetricLossOptimized[T kernel.Float](set kernel.Set[float32], o ASLOptions, rows, classes int) (*Evaluator[T], error) {
	c := Config{
		Name: AsymmetricOptimized, Mode: Negative,
		GammaPos: o.GammaPos, GammaNeg: o.GammaNeg, AlphaPos: 1, AlphaNeg: 1, AlphaUnann: 1,
		Clip: o.Clip, LogClamp: o.LogClamp,
	}
	if o.DisableTorchGradFocalLoss {
		c.Name = Asymmetric
	}
	return New[T](set, c, nil, rows, classes)
}
