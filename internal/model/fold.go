package model

import (
	"math"

	"csl/internal/kernel"
)

// foldWeights writes to dst the weights [K,K,I,O] of a convolution that does, with foldBias, what the unit, whose
// own weights are conv, does with its running statistics, up to the activation.
func foldWeights(w *Weights, u unit, conv, dst []float32) {
	scale := normScale(w, u)
	for from := 0; from < len(conv); from += u.out {
		to := dst[from : from+u.out]
		for c, v := range conv[from : from+u.out] {
			to[c] = float32(float64(v) * scale[c])
		}
	}
}

// foldBias is the bias [O] of that convolution.
func foldBias(w *Weights, u unit) []float32 {
	_, bias, _ := w.FoldedNorm(u.name)
	return bias
}

// normScale is what a unit's norm multiplies channels with.
func normScale(w *Weights, u unit) []float64 {
	scale, _, _ := w.FoldedNorm(u.name)
	return scale
}

// ABNEps is added to the variance and to the magnitude of the scale of every activated batch norm
// (InPlaceABN).
const ABNEps = kernel.ABNEps

// FoldedNorm turns the running statistics of the norm behind a convolution into a factor and an
// offset per output channel: the unit, such as "body.conv1", gives scale*conv(x) + bias, where scale is
// (|gamma|+eps)/sqrt(var+eps) and bias is beta - mean*scale. ok is false if there is no such norm.
func (w *Weights) FoldedNorm(unit string) (scale []float64, bias []float32, ok bool) {
	gamma, beta := w.raw(unit+".1.weight"), w.raw(unit+".1.bias")
	mean, variance := w.raw(unit+".1.running_mean"), w.raw(unit+".1.running_var")
	if gamma == nil || beta == nil || mean == nil || variance == nil {
		return nil, nil, false
	}
	scale, bias = make([]float64, len(gamma)), make([]float32, len(gamma))
	for c := range scale {
		scale[c] = (math.Abs(float64(gamma[c])) + ABNEps) / math.Sqrt(float64(variance[c])+ABNEps)
		bias[c] = float32(float64(beta[c]) - float64(mean[c])*scale[c])
	}
	return scale, bias, true
}
