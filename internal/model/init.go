package model

import (
	"math"
	"math/rand/v2"
	"strings"
)

// initPurpose separates the random stream of initialisation from others of the same seed.
const initPurpose = 0x1417

// Init fills the weights for training from scratch, as the reference does: convolutions (those of
// squeeze-excite too) normal with variance 2/(outputs*K*K), head weights normal with standard
// deviation 0.01, biases uniform within ±1/sqrt(inputs), gamma 1 but 0 in the last norm of each
// block, beta 0, running statistics 0 and 1. Equal seeds give equal weights.
func (w *Weights) Init(seed uint64) {
	zero := map[string]bool{}
	for _, stage := range newArch(w.spec).stages {
		for _, b := range stage {
			for _, u := range b.units() {
				zero[u.name+".1.weight"] = u.zeroGamma
			}
		}
	}
	for i, e := range w.entries {
		w.counts[i] = 0
		random := rand.New(rand.NewPCG(seed, initPurpose<<32|uint64(i)))
		switch d := w.data[i]; {
		case len(e.Shape) == 4:
			fillNormal(d, math.Sqrt(2/float64(e.Shape[0]*e.Shape[2]*e.Shape[3])), random)
		case e.Kind == LinearWeight:
			fillNormal(d, 0.01, random)
		case e.Kind == RunningVar:
			fill(d, 1)
		case e.Kind == Vector && strings.HasSuffix(e.Name, ".1.weight"):
			if fill(d, 1); zero[e.Name] {
				fill(d, 0)
			}
		case e.Kind == Vector && !strings.HasSuffix(e.Name, ".1.bias"):
			// The bias of a linear layer follows its weight.
			bound := 1 / math.Sqrt(float64(w.entries[i-1].Shape[1]))
			for k := range d {
				d[k] = float32((2*random.Float64() - 1) * bound)
			}
		default: // beta and running mean
			fill(d, 0)
		}
	}
}

func fill(d []float32, v float32) {
	for i := range d {
		d[i] = v
	}
}

func fillNormal(d []float32, std float64, random *rand.Rand) {
	for i := range d {
		d[i] = float32(std * random.NormFloat64())
	}
}
