package loss

import (
	"math"

	"csl/internal/kernel"
)

// block is a run of cells of one row.
type block[T kernel.Float] struct {
	logits, labels []T
	grad           []T // holds exp(-|x|) of each cell until its gradient replaces it
	log            []T // scratch for log(1+exp(-|x|))
	weight         T   // of the row
	gate           string
	keys           []uint32 // nil without top-K
	limit          uint32
	ties           int
}

// cells computes the block's gradient and adds its losses to p.
func (e *Evaluator[T]) cells(b *block[T], p *Parts) {
	if e.logClamp == 0 {
		log1p(b.log, b.grad)
	}
	var sum [3]float64
	for i, x := range b.logits {
		kind := positive
		switch y := b.labels[i]; {
		case y == 1:
		case y == 0:
			kind = negative
		case y != -1 || e.ignore || (e.sel != nil || e.gate != "") && b.dropped(i, p):
			b.grad[i] = 0
			continue
		default:
			kind = unknown
		}
		t, ex := &e.term3[kind], b.grad[i]
		var loss, grad T
		switch {
		case e.logClamp != 0:
			loss, grad = e.clamped(x, ex, kind == positive, t)
		case kind == positive:
			loss, grad = e.exact(-x, ex, b.log[i], t)
			grad = -grad
		case e.clip != 0:
			loss, grad = e.clipped(x, ex, t)
		default:
			loss, grad = e.exact(x, ex, b.log[i], t)
		}
		sum[kind] += float64(loss * b.weight)
		b.grad[i] = grad * b.weight
	}
	p.Positive += sum[positive]
	p.Negative += sum[negative]
	p.Unknown += sum[unknown]
}

// dropped says whether the unknown cell takes no part, and counts why.
func (b *block[T]) dropped(i int, p *Parts) bool {
	gated := b.gate != "" && b.gate[i] != 0
	picked := false
	if b.keys != nil {
		key := b.keys[i]
		picked = key < b.limit
		if key == b.limit && b.ties > 0 {
			picked = true
			b.ties--
		}
	}
	if gated {
		p.DroppedPrior++
	}
	if picked {
		p.DroppedTopK++
	}
	if gated && picked {
		p.DroppedBoth++
	}
	return gated || picked
}

// exact is a cell whose value only depends on z, the logit away from the right answer: x for a
// negative, -x for a positive. With a = sigmoid(z) the loss is alpha * a^gamma * log(1+exp(z)), the
// gradient by z alpha * a^(gamma+1), plus ce * gamma * (1-a) * a^gamma through the focusing weight.
func (e *Evaluator[T]) exact(z, ex, l T, t *term[T]) (loss, grad T) {
	r := 1 / (1 + ex)
	a, b := ex*r, r // b = 1-a
	if z > 0 {
		a, b = b, a
		l += z
	}
	ce := t.alpha * l
	var f T
	switch t.gamma.whole { // power, by hand: most cells of a batch come through here
	case 0:
		f = 1
	case 1:
		f = a
	case 4:
		f = a * a * (a * a)
	default:
		f = power(a, t.gamma)
	}
	grad = t.alpha * a * f
	if e.focusGrad {
		grad += ce * T(t.gamma.value) * b * f
	}
	return ce * f, grad
}

// clipped is -alpha * m^gamma * log(1-m) with m = max(p-clip, 0).
func (e *Evaluator[T]) clipped(x, ex T, t *term[T]) (loss, grad T) {
	r := 1 / (1 + ex)
	p, q := r, ex*r
	if x < 0 {
		p, q = q, p
	}
	m := p - e.clipT
	if m < 0 {
		return 0, 0
	}
	rest := q + e.clipT // 1-m
	var ce T
	if m < 0.5 {
		ce = -t.alpha * T(math.Log1p(-float64(m)))
	} else {
		ce = -t.alpha * T(math.Log(float64(rest)))
	}
	f := power(m, t.gamma)
	grad = t.alpha * f * p * q / rest
	if e.focusGrad && m > 0 {
		grad += ce / m * T(t.gamma.value) * f * p * q // df/dx = gamma f/m p q
	}
	return ce * f, grad
}

// clamped computes as the reference does: p and q rounded to T, logarithms clamped from below, no
// gradient where a clamp acts.
func (e *Evaluator[T]) clamped(x, ex T, pos bool, t *term[T]) (loss, grad T) {
	p := sigmoid(x, ex)
	v, slope := p, p*(1-p) // the probability under the logarithm, and its derivative by x
	if !pos {
		v, slope = 1-p, -slope
		if e.clip > 0 {
			if v += e.clipT; v > 1 {
				v, slope = 1, 0
			}
		}
	}
	miss := 1 - v
	ce := -t.alpha * T(math.Log(float64(max(v, e.floor))))
	f := power(miss, t.gamma)
	if v >= e.floor {
		grad = -t.alpha * f / v * slope
	}
	if e.focusGrad && miss > 0 {
		grad -= ce * T(t.gamma.value) * f / miss * slope // df/dx = -gamma f/miss dv/dx
	}
	return ce * f, grad
}
