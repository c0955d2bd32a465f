package prior

import "math"

// Logits are kept as counts per bin, so that memory does not grow with the images.
const (
	binWidth   = 1. / 16
	largestBin = 12 // logits beyond it count as it
	bins       = 2*largestBin*16 + 1
)

// histogram counts logits; nil counts none.
type histogram []uint32

func (h *histogram) add(logit float32) {
	if *h == nil {
		*h = make(histogram, bins)
	}
	(*h)[binOf(logit)]++
}

func binOf(logit float32) int {
	x := min(max(float64(logit), -largestBin), largestBin)
	return int(math.Round((x + largestBin) / binWidth))
}

// center is the logit that a bin stands for.
func center(bin int) float64 { return float64(bin)*binWidth - largestBin }

// each calls f for each bin that is not empty.
func (h histogram) each(f func(logit, count float64)) {
	for i, n := range h {
		if n > 0 {
			f(center(i), float64(n))
		}
	}
}

func (h histogram) total() float64 {
	sum := 0.0
	for _, n := range h {
		sum += float64(n)
	}
	return sum
}
