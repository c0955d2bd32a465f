package prior

import "math"

// A network's log-odds are not calibrated on images that it has not seen: it is too sure where it has
// learned, and says one half where it has not. What they are worth is measured on held-out annotated
// cells: log(p(x|1)/p(x|0)) = shift + scale (logit - logit of the annotated base rate), the scale
// shared by all classes at first, then both per class as far as its cells say so.

// pull is the precision of the normal prior that draws a class's scale to the common one and its
// shift to 0.
const pull = 20

// calibration turns logits of a class into log likelihood ratios.
type calibration struct {
	base         float64 // logit of the base rate that the model was trained with
	shift, scale float64
}

func (k calibration) logRatio(logit float64) float64 { return k.shift + k.scale*(logit-k.base) }

// heldOut are the cells of a class that the model was not trained on.
type heldOut struct {
	base                 float64
	positive, negative   histogram
	positives, negatives float64
}

func newHeldOut(base float64, positive, negative histogram) heldOut {
	return heldOut{base, positive, negative, positive.total(), negative.total()}
}

func (h *heldOut) bothKinds() bool { return h.positives > 0 && h.negatives > 0 }

// offset takes the base rate of the held-out cells out: label shift leaves the ratio alone.
func (h *heldOut) offset() float64 { return math.Log(h.positives / h.negatives) }

// each calls f for cells of one label and logit, with their number and their logit against the base.
func (h *heldOut) each(f func(x, label, count float64)) {
	h.positive.each(func(l, n float64) { f(l-h.base, 1, n) })
	h.negative.each(func(l, n float64) { f(l-h.base, 0, n) })
}

// commonScale is the scale under which the labels of all held-out cells are the likeliest; fitted is
// false, and the scale 1, where no class has cells of both labels.
func commonScale(classes []heldOut) (scale float64, fitted bool) {
	loss := func(s float64) (sum float64) {
		for i := range classes {
			if h := &classes[i]; h.bothKinds() {
				fitted = true
				off := h.offset()
				h.each(func(x, y, n float64) { sum += n * softplus((1-2*y)*(s*x+off)) })
			}
		}
		return sum
	}
	scale = minimum(loss, 0.05, 3)
	if !fitted {
		return 1, false
	}
	return scale, true
}

// minimum is where a convex f is least between lo and hi: a golden section search.
func minimum(f func(float64) float64, lo, hi float64) float64 {
	const ratio = 0.6180339887498949
	a, b := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	fa, fb := f(a), f(b)
	for range 40 {
		if fa <= fb {
			hi, b, fb = b, a, fa
			a = hi - ratio*(hi-lo)
			fa = f(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + ratio*(hi-lo)
			fb = f(b)
		}
	}
	return (lo + hi) / 2
}

func softplus(z float64) float64 { return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

// calibrate fits shift and scale of one class: a logistic regression, drawn to shift 0 and the common
// scale, by Newton's method.
func (h *heldOut) calibrate(scale float64) calibration {
	k := calibration{h.base, 0, scale}
	if !h.bothKinds() {
		return k
	}
	off := h.offset()
	for range 50 {
		g0, g1 := -pull*k.shift, -pull*(k.scale-scale)
		h00, h01, h11 := float64(pull), 0.0, float64(pull)
		h.each(func(x, y, n float64) {
			p := 1 / (1 + math.Exp(-(k.shift + k.scale*x + off)))
			w := n * p * (1 - p)
			g0, g1 = g0+n*(y-p), g1+n*(y-p)*x
			h00, h01, h11 = h00+w, h01+w*x, h11+w*x*x
		})
		det := h00*h11 - h01*h01
		d0, d1 := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		k.shift, k.scale = k.shift+d0, k.scale+d1
		if math.Abs(d0)+math.Abs(d1) < 1e-9 {
			break
		}
	}
	return k
}

// separation is the area under the ROC curve of the held-out cells, and its standard error (Hanley and
// McNeil 1982).
func (h *heldOut) separation() (auc, se float64) {
	below := 0.0
	for i := range bins {
		var up, down float64
		if h.positive != nil {
			up = float64(h.positive[i])
		}
		if h.negative != nil {
			down = float64(h.negative[i])
		}
		auc += up * (below + down/2)
		below += down
	}
	m, n := h.positives, h.negatives
	auc /= m * n
	q1, q2 := auc/(2-auc), 2*auc*auc/(1+auc)
	v := (auc*(1-auc) + (m-1)*(q1-auc*auc) + (n-1)*(q2-auc*auc)) / (m * n)
	return auc, math.Sqrt(max(v, 0))
}
