package transform

import (
	"math"

	"csl/internal/images"
)

// weightBits is the precision of the integer weights: 8 bits of sample, 2 of overshoot and 22 of
// weight fill an int32 (Pillow's PRECISION_BITS).
const weightBits = 22

// half rounds a sum of weighted samples.
const half = 1 << (weightBits - 1)

// taps are the weights that make each sample of an output axis from a run of input samples.
type taps struct {
	in, out int
	filter  Filter
	start   []int32 // first input sample, per output sample
	count   []int32 // number of input samples, per output sample
	weight  []int32 // scaled by 1<<weightBits; size per output sample
	size    int

	// spread holds each weight four times, and zeros up to an even number of taps: spreadSize elements per output
	// sample. It is what vector code reads.
	spread     []int32
	spreadSize int
}

// plan fills t for an axis of in samples resized to out, as Pillow's precompute_coeffs does. It
// keeps what is there if that is the same plan.
func (t *taps) plan(in, out int, f Filter) {
	if t.in == in && t.out == out && t.filter == f && t.out > 0 {
		return
	}
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := f.support() * stretch
	t.in, t.out, t.filter = in, out, f
	t.size = int(math.Ceil(support))*2 + 1
	t.start, t.count = images.Grow(t.start, out), images.Grow(t.count, out)
	t.weight = images.Grow(t.weight, out*t.size)
	real := make([]float64, t.size)
	for i := range out {
		center := (float64(i) + 0.5) * scale
		first := max(int(center-support+0.5), 0)
		n := min(int(center+support+0.5), in) - first
		sum := 0.0
		for k := range n {
			real[k] = f.weight((float64(k+first) - center + 0.5) / stretch)
			sum += real[k]
		}
		for k := range n {
			t.weight[i*t.size+k] = int32(math.Round(real[k] / sum * (1 << weightBits)))
		}
		t.start[i], t.count[i] = int32(first), int32(n)
	}
	t.spreadOut()
}

// spreadOut fills spread.
func (t *taps) spreadOut() {
	t.spreadSize = 4 * (t.size + 1)
	t.spread = images.Grow(t.spread, t.out*t.spreadSize)
	clear(t.spread)
	for i := range t.out {
		_, weights := t.of(i)
		for k, w := range weights {
			for j := range 4 {
				t.spread[i*t.spreadSize+4*k+j] = w
			}
		}
	}
}

// of returns the first input sample and the weights of output sample i.
func (t *taps) of(i int) (first int, w []int32) {
	return int(t.start[i]), t.weight[i*t.size:][:t.count[i]]
}
