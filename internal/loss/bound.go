package loss

import (
	"fmt"

	"csl/internal/kernel"
)

// Runner computes a loss and its gradient for batches of one shape, logits and labels
// [images, classes], row-major. grad gets the gradient by the logits and must not overlap the others.
// A label other than 1, 0 and -1 is a cell that takes no part. pool may be nil; the result is the
// same for any pool. One Run at a time; it does not allocate.
type Runner[T kernel.Float] interface {
	Run(pool *kernel.Pool, logits, labels, grad []T) Terms // computes terms and gradient of logits and labels, both [N,classes]
}

// Bound is a valid loss with the prior that it asks: a plain comparable value, as descriptors of
// operations are. Make one with [Bind] or [BindSingle].
type Bound struct {
	spec     spec
	isSingle bool
	single   SingleOptions
	assumed  assumed
	epr      epr
	correct  corrected
	classes  int   // of the prior; 0 without one
	whole    Whole // nil where runners have all images of a batch
}

// Bind checks c and its prior: one value in [0, 1] per class in class order, nil for none; only the
// selective mode uses it. SingleLabel gets the smoothing of [DefaultSingle].
func Bind(c Config, prior []float32) (Bound, error) {
	if err := c.Validate(); err != nil {
		return Bound{}, err
	}
	if err := checkPrior(prior, len(prior)); err != nil {
		return Bound{}, err
	}
	if c.Name == SingleLabel {
		o := DefaultSingle()
		o.GammaPos, o.GammaNeg = c.GammaPos, c.GammaNeg
		return BindSingle(o)
	}
	return Bound{spec: c.spec(prior), assumed: c.assumed(), epr: c.epr(), correct: c.corrected(), classes: len(prior)}, nil
}

// BindSingle is [Bind] for the single-label loss with all its options.
func BindSingle(o SingleOptions) (Bound, error) {
	return Bound{isSingle: true, single: o}, o.validate()
}

// During is b in the run that c follows: the runners of losses that correct labels read the epoch from it
// and LLCp writes to it. Without one they compute as in the first epoch.
func (b Bound) During(c *Course) Bound {
	b.correct.course = c
	return b
}

// Fits is an error if the prior is for another number of classes.
func (b Bound) Fits(classes int) error {
	if b.classes != 0 && b.classes != classes {
		return fmt.Errorf("loss: prior of %d classes for logits of %d", b.classes, classes)
	}
	return nil
}

// RunnerOf makes the runner of b for batches of rows images and classes classes. In float32 it computes with
// the assembly of set where that has some; nil is portable.
func RunnerOf[T kernel.Float](set kernel.Set[float32], b Bound, rows, classes int) Runner[T] {
	if b.isSingle {
		return &singleRunner[T]{rows: rows, classes: classes, single: newSingle[T](b.single), whole: b.whole}
	}
	if b.epr.on {
		return &eprRunner[T]{epr: b.epr, rows: rows, classes: classes, whole: b.whole}
	}
	if b.correct.name != "" {
		return newCorrectedRunner[T](b.correct, b.whole, rows, classes)
	}
	if b.assumed.name != "" {
		return newAssumedRunner[T](b.assumed, rows, classes)
	}
	e := newEvaluator[T](set, b.spec, rows, classes)
	e.whole = b.whole
	return e
}
