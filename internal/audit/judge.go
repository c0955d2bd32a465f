package audit

import (
	"math"

	"csl/internal/labels"
	"csl/internal/prior"
)

// wrongShare is the share of labels that is assumed to be wrong when the chance that one is wrong is computed. The
// order does not depend on it.
const wrongShare = 0.02

// judge says what scores mean. It is filled in by a first pass over the images (add, addHeldOut, settle) and asked in
// a second one.
type judge struct {
	classes int
	shift   *prior.Shift
	count   []cells
	unknown []ranks // of unknown cells
	all     []ranks // of all cells

	posterior []prior.Posterior
	fitted    bool // else chances come from ranks
}

// cells counts those of a class by label.
type cells struct{ positives, negatives, unknown int64 }

func newJudge(classes int) *judge {
	return &judge{classes: classes, shift: prior.NewShift(classes), count: make([]cells, classes), unknown: make([]ranks, classes), all: make([]ranks, classes)}
}

// add takes the logits and labels of an image. measure says that what scores are worth is measured on it.
func (j *judge) add(logits []float32, states []int8, measure bool) error {
	if err := j.shift.Add(logits, states); err != nil {
		return err
	}
	for c, s := range states {
		j.all[c].add(logits[c])
		switch n := &j.count[c]; labels.State(s) {
		case labels.Positive:
			n.positives++
		case labels.Negative:
			n.negatives++
		default:
			n.unknown++
			j.unknown[c].add(logits[c])
		}
	}
	if measure {
		return j.shift.AddHeldOut(logits, states)
	}
	return nil
}

// settle ends the first pass.
func (j *judge) settle() {
	j.posterior, j.fitted = j.shift.Posteriors()
	for c := range j.classes {
		j.unknown[c].settle()
		j.all[c].settle()
	}
}

// basis is how the chances of a class come about.
func (j *judge) basis(class int) Basis {
	switch {
	case !j.fitted:
		return ByRank
	case !j.posterior[class].Known:
		return ByShare
	}
	return ByProbability
}

// chance is that of an unknown cell to be present, or what stands for it where nothing tells it: by rank n/(n+k),
// where n is the number of annotated positives of the class and k the cell's rank among its unknown cells.
func (j *judge) chance(class int, logit float32) float64 {
	if j.fitted {
		return j.posterior[class].Chance(logit)
	}
	n := float64(j.count[class].positives) + 0.5
	return n / (n + float64(j.unknown[class].above(logit)))
}

// wrong is the chance that an annotated cell is wrong, if wrongShare of the labels are; without likelihood ratios it
// is, for a positive, the share of the class's cells that score higher, and for a negative what chance says.
func (j *judge) wrong(class int, logit float32, state labels.State) float64 {
	if !j.fitted {
		if state == labels.Positive {
			return float64(j.all[class].above(logit)) / float64(max(1, j.all[class].total()))
		}
		n := float64(j.count[class].positives) + 0.5
		return n / (n + float64(j.all[class].above(logit)))
	}
	against := j.posterior[class].LogRatio(logit)
	if state == labels.Positive {
		against = -against
	}
	odds := math.Exp(against) * wrongShare / (1 - wrongShare)
	return odds / (1 + odds)
}

// present is the chance that an annotated cell is present, for the list; NaN where nothing tells it.
func (j *judge) present(class int, logit float32, state labels.State) float64 {
	switch {
	case j.basis(class) != ByProbability:
		return math.NaN()
	case state == labels.Unknown:
		return j.chance(class, logit)
	case state == labels.Positive:
		return 1 - j.wrong(class, logit, state)
	}
	return j.wrong(class, logit, state)
}

// entropy is that of a chance, in bits.
func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -(p*math.Log2(p) + (1-p)*math.Log2(1-p))
}

// ranks counts logits by bins, so that memory does not grow with the images.
type ranks []uint32

// Bins are a 32nd wide and reach from -16 to 16.
const (
	binsPerLogit = 32
	largestLogit = 16
	rankBins     = 2*largestLogit*binsPerLogit + 1
)

func rankBin(logit float32) int {
	return int(math.Round((min(max(float64(logit), -largestLogit), largestLogit) + largestLogit) * binsPerLogit))
}

func (r *ranks) add(logit float32) {
	if *r == nil {
		*r = make(ranks, rankBins)
	}
	(*r)[rankBin(logit)]++
}

// settle turns counts into numbers of logits in higher bins; the last one, beyond all bins, is the total.
func (r *ranks) settle() {
	if *r == nil {
		return
	}
	higher := uint32(0)
	for i := rankBins - 1; i >= 0; i-- {
		n := (*r)[i]
		(*r)[i] = higher
		higher += n
	}
	*r = append(*r, higher)
}

// above is how many logits lie in higher bins.
func (r ranks) above(logit float32) int {
	if r == nil {
		return 0
	}
	return int(r[rankBin(logit)])
}

func (r ranks) total() int {
	if r == nil {
		return 0
	}
	return int(r[rankBins])
}
