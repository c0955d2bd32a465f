package prior

import "math"

// A network's log-odds are not calibrated on images that it has not seen: it is too sure where it has
// learned, and says one half where it has not; one that has hardly been trained is off as a whole. What they
// are worth is measured on held-out annotated cells: log(p(x|1)/p(x|0)) = shift + scale (logit - logit of the
// annotated base rate), both shared by all classes at first, then per class as far as its cells say so.

// The precisions of the normal priors that draw a class's shift and scale to the common ones. Where the base is the
// middle of the class's held-out cells, it holds most of the shift already.
const (
	pullShift       = 2
	pullShiftMiddle = 20
	pullScale       = 20
)

// calibration turns logits of a class into log likelihood ratios.
type calibration struct {
	base         float64 // logit of the base rate that the model was trained with
	shift, scale float64
	// The covariance of shift and scale: how well the held-out cells tell them.
	v00, v01, v11 float64
}

// asTheyAre takes the log-odds as they are.
func asTheyAre(base float64) calibration { return calibration{base: base, scale: 1} }

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

// common is the calibration under which the labels of all held-out cells are the likeliest; fitted is false,
// and log-odds are taken as they are, where no class has cells of both labels. middle says that bases are the
// middles of the held-out cells: there is then no common shift.
func common(classes []heldOut, middle bool) (c calibration, fitted bool) {
	c = asTheyAre(0)
	for i := range classes {
		fitted = fitted || classes[i].bothKinds()
	}
	if !fitted {
		return c, false
	}
	// The least pull to the plain log-odds keeps the fit finite where the cells are separated without error.
	shift, scale := 1e-3, 1e-3
	if middle {
		shift = 1e9
	}
	return fit(c, shift, scale, func(f func(x, y, n, off float64)) {
		for i := range classes {
			if h := &classes[i]; h.bothKinds() {
				off := h.offset()
				h.each(func(x, y, n float64) { f(x, y, n, off) })
			}
		}
	}), true
}

// calibrate fits shift and scale of one class, drawn to the common ones, the shift with that precision.
func (h *heldOut) calibrate(c calibration, pull float64) calibration {
	c.base = h.base
	if !h.bothKinds() {
		return c
	}
	off := h.offset()
	return fit(c, pull, pullScale, func(f func(x, y, n, off float64)) {
		h.each(func(x, y, n float64) { f(x, y, n, off) })
	})
}

// fit is a logistic regression of labels y on x, with n cells of each and an offset, by Newton's method;
// shift and scale are drawn to those of c with these precisions. Steps are kept short, for it to converge from anywhere.
func fit(c calibration, shift, scale float64, each func(f func(x, y, n, off float64))) calibration {
	to := c
	for range 100 {
		g0, g1 := -shift*(c.shift-to.shift), -scale*(c.scale-to.scale)
		h00, h01, h11 := shift, 0.0, scale
		each(func(x, y, n, off float64) {
			p := 1 / (1 + math.Exp(-(c.shift + c.scale*x + off)))
			w := n * p * (1 - p)
			g0, g1 = g0+n*(y-p), g1+n*(y-p)*x
			h00, h01, h11 = h00+w, h01+w*x, h11+w*x*x
		})
		det := h00*h11 - h01*h01
		c.v00, c.v01, c.v11 = h11/det, -h01/det, h00/det
		d0, d1 := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		short := 1 / max(1, math.Abs(d0), math.Abs(d1))
		c.shift, c.scale = c.shift+short*d0, c.scale+short*d1
		if math.Abs(d0)+math.Abs(d1) < 1e-9 {
			break
		}
	}
	return c
}

// around are calibrations one standard error away, along two directions that do not depend on each other.
func (k calibration) around() [4]calibration {
	a := math.Sqrt(k.v00)
	var b, c float64
	if a > 0 {
		b = k.v01 / a
		c = math.Sqrt(max(0, k.v11-b*b))
	}
	var out [4]calibration
	for i, d := range [4][2]float64{{a, b}, {-a, -b}, {0, c}, {0, -c}} {
		out[i] = k
		out[i].shift, out[i].scale = k.shift+d[0], k.scale+d[1]
	}
	return out
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
