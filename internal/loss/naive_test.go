package loss

import (
	"math"
	"math/rand/v2"
	"slices"
)

// naive is the definition of the cell-wise losses in float64, cell by cell: focus holds the logits
// of the focusing weight, x those of everything else, drop the cells that take no part.
func naive(s spec, x, focus, labels []float64, drop []bool, classes int) (loss float64) {
	for i := range x {
		w := 1.0
		if s.normalize {
			annotated := 0
			row := i / classes * classes
			for _, y := range labels[row : row+classes] {
				if y != -1 {
					annotated++
				}
			}
			w = 1 + 1/float64(1+annotated)
		}
		p, pf := 1/(1+math.Exp(-x[i])), 1/(1+math.Exp(-focus[i]))
		switch {
		case drop[i], s.ignore && labels[i] == -1:
		case labels[i] == 1:
			logp := -math.Log1p(math.Exp(-x[i]))
			loss -= w * s.pos.alpha * logp * math.Pow(1-pf, s.pos.gamma)
		default:
			t := s.neg
			if labels[i] == -1 {
				t = s.unknown
			}
			logq := -math.Log1p(math.Exp(x[i]))
			if s.clip > 0 {
				logq = math.Log(min(1-p+s.clip, 1))
			}
			loss -= w * t.alpha * logq * math.Pow(max(pf-s.clip, 0), t.gamma)
		}
	}
	return loss
}

// naiveDropped is the rule of the selective mode, with a full stable sort.
func naiveDropped(s spec, logits, labels []float32, classes int) []bool {
	drop := make([]bool, len(logits))
	if s.topK == 0 && s.gate == "" {
		return drop
	}
	type cell struct {
		q float32
		i int
	}
	var open []cell
	for i, x := range logits {
		if labels[i] != -1 {
			continue
		}
		q := 1 - 1/(1+float32(math.Exp(-float64(x))))
		if s.clip > 0 {
			q = min(q+float32(s.clip), 1)
		}
		gated := s.gate != "" && s.gate[i%classes] != 0
		drop[i] = gated
		if !gated || !s.topKSkipsGated {
			open = append(open, cell{q, i})
		}
	}
	slices.SortStableFunc(open, func(a, b cell) int {
		switch {
		case a.q < b.q:
			return -1
		case a.q > b.q:
			return 1
		}
		return 0
	})
	for _, c := range open[:min(len(open), s.topK*len(logits)/classes)] {
		drop[c.i] = true
	}
	return drop
}

// numericGradient differentiates naive; constantFocus keeps the focusing weight.
func numericGradient(s spec, x, labels []float64, drop []bool, classes int, constantFocus bool) []float64 {
	grad := make([]float64, len(x))
	// One row at a time: all other terms cancel in the difference.
	for i := range x {
		row := i / classes * classes
		a, y, d := slices.Clone(x[row:row+classes]), labels[row:row+classes], drop[row:row+classes]
		f := slices.Clone(a)
		at := func(v float64) float64 {
			a[i-row] = v
			if !constantFocus {
				f[i-row] = v
			}
			return naive(s, a, f, y, d, classes)
		}
		const h = 1e-5
		grad[i] = (at(x[i]+h) - at(x[i]-h)) / (2 * h)
	}
	return grad
}

func widen(x []float32) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

// sample makes logits of spread sigma and labels with the given share of unknown cells.
func sample(seed uint64, n int, sigma, unknownShare float64) (logits, labels []float32) {
	r := rand.New(rand.NewPCG(seed, 0x10c5))
	logits, labels = make([]float32, n), make([]float32, n)
	for i := range logits {
		logits[i] = float32(r.NormFloat64() * sigma)
		switch v := r.Float64(); {
		case v < unknownShare:
			labels[i] = -1
		case v < unknownShare+(1-unknownShare)/3:
			labels[i] = 1
		}
	}
	return logits, labels
}
