package loss

import (
	"math"

	"csl/internal/kernel"
)

// block is a run of cells of one row.
type block[T kernel.Float] struct {
	logits, labels []T
	grad           []T     // holds exp(-|x|) of each cell until its gradient replaces it
	log            []T     // scratch for log(1+exp(-|x|))
	kinds          []uint8 // scratch for the kind of each cell
	weight         T       // of the row
	gate           string
	keys           []uint32 // nil without top-K
	limit          uint32
	ties           int
}

// part is the piece of the block from cell from to cell to, for computing.
func (b *block[T]) part(from, to int) block[T] {
	return block[T]{logits: b.logits[from:to], grad: b.grad[from:to], log: b.log[from:to], weight: b.weight}
}

// cells computes the block's gradient and adds its losses to p.
func (e *Evaluator[T]) cells(b *block[T], p *Terms) {
	if e.logClamp == 0 {
		log1p(b.log, b.grad)
	}
	e.classify(b, p)
	// Labels are sparse: cells of a kind come in long runs, which tight loops compute.
	var sum [3]float64
	for from, to := 0, 0; from < len(b.kinds); from = to {
		kind := b.kinds[from]
		for to < len(b.kinds) && b.kinds[to] == kind {
			to++
		}
		if kind == noKind {
			clear(b.grad[from:to])
			continue
		}
		part := b.part(from, to)
		sum[kind] = e.sameKind(&part, kind, sum[kind])
	}
	p.Positive += sum[positive]
	p.Negative += sum[negative]
	p.Unknown += sum[unknown]
}

// classify finds the kind of each cell.
func (e *Evaluator[T]) classify(b *block[T], p *Terms) {
	kinds := b.kinds[:len(b.labels)]
	drops := e.sel != nil || e.gate != ""
	for i, y := range b.labels {
		kind := uint8(noKind)
		switch {
		case y == -1:
			if !e.ignore && !(drops && b.dropped(i, p)) {
				kind = unknown
			}
		case y == 0:
			kind = negative
		case y == 1:
			kind = positive
		}
		kinds[i] = kind
	}
}

// sameKind computes cells of one kind and returns sum plus their losses.
func (e *Evaluator[T]) sameKind(b *block[T], kind uint8, sum float64) float64 {
	t := &e.byKind[kind]
	switch {
	case e.logClamp != 0:
		for i, x := range b.logits {
			loss, grad := e.clamped(x, b.grad[i], kind == positive, t)
			sum += float64(loss * b.weight)
			b.grad[i] = grad * b.weight
		}
		return sum
	case kind == positive:
		return e.exact(b, -1, t, sum)
	case e.clip != 0:
		for i, x := range b.logits {
			loss, grad := e.clipped(x, b.grad[i], t)
			sum += float64(loss * b.weight)
			b.grad[i] = grad * b.weight
		}
		return sum
	}
	return e.exact(b, 1, t, sum)
}

// dropped says whether the unknown cell takes no part, and counts why.
func (b *block[T]) dropped(i int, p *Terms) bool {
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

// exact computes cells whose value only depends on z, the logit away from the right answer: x for a
// negative (side 1), -x for a positive (side -1). With a = sigmoid(z) the loss is
// alpha * a^gamma * log(1+exp(z)), the gradient by z alpha * a^(gamma+1), plus
// ce * gamma * (1-a) * a^gamma through the focusing weight. It returns sum plus the losses.
func (e *Evaluator[T]) exact(b *block[T], side T, t *cellWeight[T], sum float64) float64 {
	log, grad := b.log[:len(b.logits)], b.grad[:len(b.logits)]
	alpha, gamma, weight, focusGrad := t.alpha, t.gamma, b.weight, e.focusGrad
	for i, x := range b.logits {
		z, ex, l := side*x, grad[i], log[i]
		r := 1 / (1 + ex)
		a, rest := ex*r, r // rest = 1-a
		if z > 0 {
			a, rest = rest, a
			l += z
		}
		ce := alpha * l
		var f T
		switch gamma.whole { // power, by hand: most cells of a batch come through here
		case 0:
			f = 1
		case 1:
			f = a
		case 2:
			f = a * a
		case 3:
			f = a * a * a
		case 4:
			f = a * a * (a * a)
		default:
			f = power(a, gamma)
		}
		d := alpha * a * f
		if focusGrad {
			d += ce * T(gamma.value) * rest * f
		}
		sum += float64(ce * f * weight)
		grad[i] = side * d * weight
	}
	return sum
}

// clipped is -alpha * m^gamma * log(1-m) with m = max(p-clip, 0).
func (e *Evaluator[T]) clipped(x, ex T, t *cellWeight[T]) (loss, grad T) {
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
func (e *Evaluator[T]) clamped(x, ex T, pos bool, t *cellWeight[T]) (loss, grad T) {
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
