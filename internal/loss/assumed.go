package loss

import (
	"math"
	"slices"

	"csl/internal/kernel"
)

// Losses that make something of unknown cells by a formula, without modes, prior or top-K. All are
// cross entropy on positives and on verified negatives, which nothing corrects, but for what is said
// here; p is the sigmoid of the logit, L the number of classes.
const (
	// BCENorm ignores unknown cells and weighs each image by 1 + 1/(1+annotated cells) (Durand, Mehrasa,
	// Mori 2019, with the constants of the reference).
	BCENorm = "bce_norm"
	// WAN counts unknown cells as negatives of weight 1/(L-1) (Cole et al. 2021).
	WAN = "wan"
	// LSAN counts unknown cells as negatives, with targets smoothed by 0.1, those of positives too (Cole
	// et al. 2021).
	LSAN = "ls_an"
	// Hill makes positives focal with a margin, (1-s)^2 (-log s) with s the sigmoid of the logit - 1, and
	// unknown cells (1.5-p) p^2, which has no gradient where p is near 1 (Zhang et al. 2021).
	Hill = "hill"
	// EM maximises the entropy of unknown cells, with weight 0.1 (Zhou et al. 2022).
	EM = "em"
)

// The published constants.
const (
	smoothing  = 0.1
	hillMargin = 1.0
	hillLambda = 1.5
	emWeight   = 0.1
)

// assumptions lists the losses of this file.
func assumptions() []string { return []string{BCENorm, WAN, LSAN, Hill, EM} }

// assumed is one of these losses with its weights by kind of cell: a comparable value. Without a name
// it is none.
type assumed struct {
	name  string
	alpha [3]float64
}

func (c Config) assumed() assumed {
	if !slices.Contains(assumptions(), c.Name) {
		return assumed{}
	}
	return assumed{c.Name, [3]float64{c.AlphaPos, c.AlphaNeg, c.AlphaUnann}}
}

// logSigmoid is log(1/(1+exp(-x))).
func logSigmoid(x float64) float64 { return min(x, 0) - math.Log1p(math.Exp(-math.Abs(x))) }

func sigmoid64(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// entropy is cross entropy of a cell with the given target, and its gradient by the logit.
func entropy(x, target float64) (loss, grad float64) {
	return -target*logSigmoid(x) - (1-target)*logSigmoid(-x), sigmoid64(x) - target
}

// cell is the loss of one cell of an image of that many classes, and its gradient by the logit, unweighted.
func (a assumed) cell(kind int, x float64, classes int) (loss, grad float64) {
	switch {
	case kind == positive && a.name == LSAN:
		return entropy(x, 1-smoothing)
	case kind == positive && a.name == Hill:
		s := sigmoid64(x - hillMargin)
		log := logSigmoid(x - hillMargin)
		return -(1 - s) * (1 - s) * log, (1 - s) * (1 - s) * (2*s*log - (1 - s))
	case kind == positive:
		return entropy(x, 1)
	case kind == negative:
		return entropy(x, 0)
	}
	p := sigmoid64(x)
	switch a.name {
	case WAN:
		loss, grad = entropy(x, 0)
		w := 1 / float64(max(1, classes-1))
		return w * loss, w * grad
	case LSAN:
		return entropy(x, smoothing)
	case Hill:
		return (hillLambda - p) * p * p, (2*hillLambda - 3*p) * p * p * sigmoid64(-x)
	case EM:
		// The entropy is p(-log p) + (1-p)(-log(1-p)); its slope by the logit is -x p (1-p).
		return emWeight * (p*logSigmoid(x) + (1-p)*logSigmoid(-x)), emWeight * x * p * sigmoid64(-x)
	}
	return 0, 0 // BCENorm
}

// assumedRunner computes one of these losses; rows are jobs.
type assumedRunner[T kernel.Float] struct {
	assumed
	rows, classes        int
	terms                []Terms // per row
	logits, labels, grad []T     // of the current run
}

func newAssumedRunner[T kernel.Float](a assumed, rows, classes int) *assumedRunner[T] {
	return &assumedRunner[T]{assumed: a, rows: rows, classes: classes, terms: make([]Terms, rows)}
}

// Run computes the loss of one batch.
func (r *assumedRunner[T]) Run(pool *kernel.Pool, logits, labels, grad []T) Terms {
	r.logits, r.labels, r.grad = logits, labels, grad
	runChunks(pool, r.rows, r)
	r.logits, r.labels, r.grad = nil, nil, nil
	return total(r.terms)
}

// Do computes one chunk of rows; it is for kernel.Pool only.
func (r *assumedRunner[T]) Do(chunk, _ int) {
	from, to := chunkOf(r.rows, chunk)
	for i := from; i < to; i++ {
		r.row(i)
	}
}

func (r *assumedRunner[T]) row(i int) {
	from, to := i*r.classes, (i+1)*r.classes
	labels := r.labels[from:to]
	t := countLabels(labels)
	weight := 1.0
	if r.name == BCENorm {
		weight = 1 + 1/float64(1+t.Positives+t.Negatives)
	}
	shares := [3]*float64{&t.Positive, &t.Negative, &t.Unknown}
	for c, y := range labels {
		kind := noKind
		switch y {
		case 1:
			kind = positive
		case 0:
			kind = negative
		case -1:
			kind = unknown
		}
		if kind == noKind {
			r.grad[from+c] = 0
			continue
		}
		loss, grad := r.cell(kind, float64(r.logits[from+c]), r.classes)
		w := weight * r.alpha[kind]
		*shares[kind] += w * loss
		r.grad[from+c] = T(w * grad)
	}
	r.terms[i] = t
}
