package model

import (
	"math"

	"csl/internal/kernel"
)

// foldWeights writes to dst the weights [K,K,I,O] of a convolution that does, with foldBias, what the unit
// does with its running statistics, up to the activation.
func foldWeights(w *Weights, u unit, dst []float32) {
	conv, scale := w.raw(u.name+".0.weight"), normScale(w, u)
	for from := 0; from < len(conv); from += u.out {
		to := dst[from : from+u.out]
		for c, v := range conv[from : from+u.out] {
			to[c] = float32(float64(v) * scale[c])
		}
	}
}

// foldBias is the bias [O] of that convolution.
func foldBias(w *Weights, u unit) []float32 {
	beta, mean := w.raw(u.name+".1.bias"), w.raw(u.name+".1.running_mean")
	bias := make([]float32, u.out)
	for c, s := range normScale(w, u) {
		bias[c] = float32(float64(beta[c]) - float64(mean[c])*s)
	}
	return bias
}

// normScale is what a unit's norm multiplies channels with.
func normScale(w *Weights, u unit) []float64 {
	gamma, variance := w.raw(u.name+".1.weight"), w.raw(u.name+".1.running_var")
	scale := make([]float64, u.out)
	for c := range scale {
		scale[c] = (math.Abs(float64(gamma[c])) + kernel.ABNEps) / math.Sqrt(float64(variance[c])+kernel.ABNEps)
	}
	return scale
}
