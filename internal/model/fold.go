package model

import (
	"math"

	"csl/internal/kernel"
)

// folds keeps what fold made, by unit: inference nets of several batch sizes share it.
type folds struct {
	made map[string]folded
	// inPlace puts folded weights where the weights were, which saves a copy of the model and leaves
	// the Weights of no use to anybody else.
	inPlace bool
}

func newFolds() *folds { return &folds{made: map[string]folded{}} }

// folded is a convolution that does what a unit does, up to the activation.
type folded struct{ weights, bias []float32 }

// of folds a unit, or returns what was made before.
func (f *folds) of(w *Weights, u unit) folded {
	if f == nil {
		return folded{}
	}
	if _, ok := f.made[u.name]; !ok {
		to := w.raw(u.name + ".0.weight")
		if !f.inPlace {
			to = make([]float32, len(to))
		}
		f.made[u.name] = folded{to, fold(w, u, to)}
	}
	return f.made[u.name]
}

// fold writes the weights [K,K,I,O], which may be the unit's own memory, and returns the bias [O] of a
// convolution that does what the unit does with its running statistics, up to the activation.
func fold(w *Weights, u unit, weights []float32) (bias []float32) {
	conv, gamma, beta := w.raw(u.name+".0.weight"), w.raw(u.name+".1.weight"), w.raw(u.name+".1.bias")
	mean, variance := w.raw(u.name+".1.running_mean"), w.raw(u.name+".1.running_var")
	scale := make([]float64, u.out)
	bias = make([]float32, u.out)
	for c := range scale {
		scale[c] = (math.Abs(float64(gamma[c])) + kernel.ABNEps) / math.Sqrt(float64(variance[c])+kernel.ABNEps)
		bias[c] = float32(float64(beta[c]) - float64(mean[c])*scale[c])
	}
	for from := 0; from < len(conv); from += u.out {
		to := weights[from : from+u.out]
		for c, v := range conv[from : from+u.out] {
			to[c] = float32(float64(v) * scale[c])
		}
	}
	return bias
}
