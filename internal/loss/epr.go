package loss

import "csl/internal/kernel"

// EPR is cross entropy on annotated cells, and draws the expected number of positives of an image,
// averaged over the batch, to the one that is known (Cole et al. 2021): (mean of the sums of p -
// Config.Expected)² / L², for a mean over cells; times the cells here, where losses are sums. It counts
// as the share of the unknown cells.
const EPR = "epr"

// epr is that loss with its weights: a comparable value. Where on is false it is none.
type epr struct {
	on       bool
	alpha    [3]float64
	expected float64
}

func (c Config) epr() epr {
	if c.Name != EPR {
		return epr{}
	}
	return epr{true, [3]float64{c.AlphaPos, c.AlphaNeg, c.AlphaUnann}, c.Expected}
}

// eprRunner computes it, image after image: the batch is small beside the network.
type eprRunner[T kernel.Float] struct {
	epr
	rows, classes int
	whole         Whole // nil where the images are the whole batch
	sum           [1]float64
}

// Run computes the loss of one batch.
func (r *eprRunner[T]) Run(_ *kernel.Pool, logits, labels, grad []T) Terms {
	whole, here, all := shared(r.whole, r.rows)
	cells := r.rows * r.classes
	t := countLabels(labels[:cells])
	sum := 0.0
	for i, y := range labels[:cells] {
		if y == 1 || y == 0 || y == -1 {
			sum += sigmoid64(float64(logits[i]))
		}
	}
	if whole != nil {
		r.sum[0] = sum
		whole.SumFloat64(r.sum[:])
		sum = r.sum[0]
	}
	l := float64(r.classes)
	off := sum/float64(all) - r.expected
	weight := r.alpha[unknown] * float64(all*r.classes) / (l * l)
	t.Unknown = weight * off * off
	if here < all {
		t.Unknown *= float64(here) / float64(all)
	}
	slope := 2 * weight * off / float64(all)
	for i, y := range labels[:cells] {
		x := float64(logits[i])
		pull := slope * sigmoid64(x) * sigmoid64(-x)
		switch y {
		case 1, 0:
			kind, share := negative, &t.Negative
			if y == 1 {
				kind, share = positive, &t.Positive
			}
			loss, g := entropy(x, float64(y))
			*share += r.alpha[kind] * loss
			grad[i] = T(r.alpha[kind]*g + pull)
		case -1:
			grad[i] = T(pull)
		default:
			grad[i] = 0
		}
	}
	t.Total = t.Positive + t.Negative + t.Unknown
	return t
}
