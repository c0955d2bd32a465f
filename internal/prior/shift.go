package prior

import (
	"fmt"
	"math"
)

// normal95 is how many standard errors a 95 % interval has on each side.
const normal95 = 1.96

// Shift gathers what the prior by label shift is estimated from (Saerens, Latinne, Decaestecker 2002;
// Lipton, Wang, Smola 2018). Which cells are annotated depends on the label, but images of a label look
// alike whether annotated or not. A model trained on the annotated cells gives, with their base rate,
// likelihood ratios; the share of positives among the unknown cells is the one that explains their
// ratios best.
type Shift struct {
	images  int
	mean    *Mean
	class   []shiftClass
	outside bool // of scores of a model that saw none of the labels
}

// shiftClass is one class: its training cells by label, the logits of the unknown ones, and those of
// annotated cells that the model was not trained on.
type shiftClass struct {
	positives, negatives int
	unknown              histogram
	heldPositive         histogram
	heldNegative         histogram
	// Of the annotated training cells: in place of held-out ones where there are none.
	seenPositive, seenNegative histogram
}

// NewShift starts an estimate of this many classes.
func NewShift(classes int) *Shift {
	return &Shift{mean: NewMean(classes), class: make([]shiftClass, classes)}
}

// Add takes training images: logits and labels (1, 0, -1) as the model was trained with them, both
// [images, classes], row-major.
func (s *Shift) Add(logits []float32, labels []int8) error {
	if len(logits) != len(labels) {
		return fmt.Errorf("prior: %d logits but %d labels", len(logits), len(labels))
	}
	if err := s.mean.Add(logits); err != nil {
		return err
	}
	s.images += len(logits) / len(s.class)
	for i, y := range labels {
		switch k := &s.class[i%len(s.class)]; y {
		case 1:
			k.positives++
			k.seenPositive.add(logits[i])
		case 0:
			k.negatives++
			k.seenNegative.add(logits[i])
		default:
			k.unknown.add(logits[i])
		}
	}
	return nil
}

// AddHeldOut takes images that the model was not trained on, such as validation images; unknown cells
// count for nothing. Shapes are those of Add.
func (s *Shift) AddHeldOut(logits []float32, labels []int8) error {
	if len(logits) != len(labels) || len(logits)%len(s.class) != 0 {
		return fmt.Errorf("prior: %d logits and %d labels of %d classes", len(logits), len(labels), len(s.class))
	}
	for i, y := range labels {
		switch k := &s.class[i%len(s.class)]; {
		case logits[i] != logits[i]:
			return fmt.Errorf("prior: held-out image %d, class number %d: logit is NaN", i/len(s.class), i%len(s.class))
		case y == 1:
			k.heldPositive.add(logits[i])
		case y == 0:
			k.heldNegative.add(logits[i])
		}
	}
	return nil
}

// Estimate is a prior by label shift and what it rests on.
type Estimate struct {
	Prior *Prior // with intervals
	// Mean is the mean score of each class, Count its annotated positives over all images.
	Mean, Count []float32
	// Scale is the common factor on the log-odds; Fitted is false where no held-out cells told it, but those
	// that the model was trained on, or none (1).
	Scale  float64
	Fitted bool
	// Unknowable are the classes, by number, whose prior cannot be told: the model does not separate
	// them on held-out cells, or was trained on labels of one kind. They have the share of their
	// annotated positives, which is certain to be no more than the prior.
	Unknowable []int
}

// Estimate computes the prior of these classes, in column order.
func (s *Shift) Estimate(classes []string) (*Estimate, error) {
	mean, err := s.means(classes)
	if err != nil {
		return nil, err
	}
	n := len(s.class)
	e := &Estimate{
		Prior: &Prior{Classes: classes, Avg: make([]float32, n), Low: make([]float32, n), High: make([]float32, n)},
		Mean:  mean.Avg, Count: make([]float32, n),
	}
	held, shared, fitted := s.measured()
	pull := float64(pullShift)
	if s.outside {
		pull = pullShiftMiddle
	}
	e.Scale, e.Fitted = shared.scale, fitted
	for c := range s.class {
		k := &s.class[c]
		e.Count[c] = float32(float64(k.positives) / float64(s.images))
		known := k.trained() && held[c].separates() || k.complete(s.images)
		if !known {
			e.Unknowable = append(e.Unknowable, c)
		}
		p := k.estimate(held[c].calibrate(shared, pull), s.images, known)
		e.Prior.Avg[c], e.Prior.Low[c], e.Prior.High[c] = float32(p.value), float32(p.low), float32(p.high)
	}
	e.Prior.Mean, e.Prior.Count = e.Mean, e.Count
	return e, e.Prior.Validate()
}

// measured are the cells that say what log-odds are worth, and the common calibration by them: held-out ones (fitted)
// or, without any, those that the model was trained on.
func (s *Shift) measured() (held []heldOut, shared calibration, fitted bool) {
	for c := range s.class {
		k := &s.class[c]
		base := k.base()
		if s.outside {
			base = k.middle()
		}
		held = append(held, newHeldOut(base, k.heldPositive, k.heldNegative))
	}
	if shared, fitted = common(held, s.outside); fitted {
		return held, shared, true
	}
	for c := range s.class {
		k := &s.class[c]
		held[c] = newHeldOut(held[c].base, k.seenPositive, k.seenNegative)
	}
	shared, _ = common(held, s.outside)
	return held, shared, false
}

// complete tells whether every image is annotated.
func (k *shiftClass) complete(images int) bool { return k.positives+k.negatives == images }

// base is the logit of the base rate of the annotated cells, half a cell of each label added.
func (k *shiftClass) base() float64 {
	return math.Log((float64(k.positives) + 0.5) / (float64(k.negatives) + 0.5))
}

// trained tells whether the model has seen labels of both kinds.
func (k *shiftClass) trained() bool { return k.positives > 0 && k.negatives > 0 }

// separates tells whether the model is better than chance on the held-out cells, for sure.
func (h *heldOut) separates() bool {
	if !h.bothKinds() {
		return false
	}
	auc, se := h.separation()
	return auc-normal95*se > 0.5
}

// share is a prior and its interval.
type share struct{ value, low, high float64 }

// estimate is the prior of a class: annotated cells as they are, unknown ones by expectation
// maximisation. Where the prior is not knowable, the interval is what is certain. Unknown cells without a score
// count in the interval only.
func (k *shiftClass) estimate(c calibration, images int, knowable bool) share {
	n, unknown := float64(images), k.unknown.total()
	unscored := n - unknown - float64(k.positives) - float64(k.negatives)
	certain := func(pi float64) float64 { return (pi*unknown + float64(k.positives)) / n }
	if !knowable {
		return share{certain(0), certain(0), certain(1) + unscored/n}
	}
	pi, se := k.unknown.mix(c)
	var moved float64 // variance that comes from the calibration
	for _, other := range c.around() {
		p, _ := k.unknown.mix(other)
		moved += (p - pi) * (p - pi) / 2
	}
	se = math.Sqrt(se*se + moved)
	low := max(0, pi-normal95*se)
	return share{certain(max(low, doubted(pi, se))), certain(low), certain(min(1, pi+normal95*se)) + unscored/n}
}

// doubted draws an estimate to 0, of which only the annotated positives are certain, the more the less it is
// known: by half where it is as large as its standard error, hardly where it is many times as large.
func doubted(pi, se float64) float64 {
	if pi == 0 {
		return 0
	}
	return pi / (1 + se*se/(pi*pi))
}

// mix is the share of positives under which the likelihood ratios of the cells are the likeliest, and
// its standard error by Fisher information. No cells have none.
func (h histogram) mix(c calibration) (pi, se float64) {
	total := h.total()
	if total == 0 {
		return 0, 0
	}
	var ratios, counts []float64
	h.each(func(l, n float64) {
		ratios, counts = append(ratios, math.Exp(min(max(c.logRatio(l), -30), 30))), append(counts, n)
	})
	pi = 0.1
	for range 5000 {
		next := 0.0
		for i, r := range ratios {
			next += counts[i] * pi * r / (1 - pi + pi*r)
		}
		next = min(max(next/total, 1e-9), 1-1e-9)
		moved := math.Abs(next - pi)
		if pi = next; moved < 1e-9 {
			break
		}
	}
	information := 0.0
	for i, r := range ratios {
		d := (r - 1) / (1 - pi + pi*r)
		information += counts[i] * d * d
	}
	if information == 0 {
		return pi, 1
	}
	return pi, min(1, 1/math.Sqrt(information))
}
