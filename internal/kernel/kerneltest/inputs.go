package kerneltest

import (
	"math"
	"math/rand/v2"

	"csl/internal/kernel"
)

// inputs makes reproducible operands for d: normal values, except where the operation expects
// variances, or has a kink that rounding must not decide.
func inputs[T kernel.Float](d kernel.Desc) [][]T {
	r := rand.New(rand.NewPCG(1, uint64(d.Output())))
	var in [][]T
	for _, n := range d.Inputs() {
		in = append(in, normals[T](r, n))
	}
	switch d := d.(type) {
	case kernel.ABN:
		variances(in[1][d.C:])
		edges(in[2])
	case kernel.ABNAddReLU:
		variances(in[1][d.C:])
		edges(in[2])
	case kernel.ABNEval:
		variances(in[2])
		edges(in[3])
	case kernel.ABNReduce:
		kept(r, d.ABNShape, d.FromY, in[0], in[2], in[3], in[4])
	case kernel.ABNResidualReduce:
		for i, v := range in[0] {
			in[0][i] = max(0, v)
		}
		variances(in[3][d.C:])
	case kernel.ABNInputGrad:
		kept(r, d.ABNShape, d.FromY, in[0], in[2], in[4], in[5])
	case kernel.ABNGammaGrad:
		edges(in[1])
	case kernel.ActivateGrad:
		if d.Kind == kernel.Sigmoid {
			for i, v := range in[0] {
				in[0][i] = T(1 / (1 + math.Exp(-float64(v))))
			}
		} else {
			for i, v := range in[0] {
				in[0][i] = max(0, v)
			}
		}
	}
	return in
}

func normals[T kernel.Float](r *rand.Rand, n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(r.NormFloat64())
	}
	return v
}

// variances makes values positive, one of them tiny.
func variances[T kernel.Float](v []T) {
	for i := range v {
		v[i] = v[i]*v[i] + 0.01
	}
	v[len(v)/2] = 1e-6
}

// edges puts 0, -0 and a tiny value among gammas where there is room.
func edges[T kernel.Float](gamma []T) {
	for i, v := range []T{0, T(math.Copysign(0, -1)), 1e-4} {
		if 2+i < len(gamma) {
			gamma[2+i] = v
		}
	}
}

// kept makes the operands of ABN's backward pass fit together: z away from the kink of the
// activation, and for fromY the output y of those z in its place.
func kept[T kernel.Float](r *rand.Rand, s kernel.ABNShape, fromY bool, z, stats, gamma, beta []T) {
	variances(stats[s.C:])
	edges(gamma)
	for i, b := range beta {
		if math.Abs(float64(b)) < 0.1 {
			beta[i] = 0.1
		}
	}
	for i := range z {
		c := i % s.C
		mean, variance := float64(stats[c]), float64(stats[s.C+c])
		g := (math.Abs(float64(gamma[c])) + kernel.ABNEps) / math.Sqrt(variance+kernel.ABNEps)
		var v float64
		for math.Abs(v) < 0.01 {
			z[i] = T(mean + r.NormFloat64()*math.Sqrt(variance))
			v = g*(float64(z[i])-mean) + float64(beta[c])
		}
		if fromY {
			if v < 0 {
				v *= s.Slope
			}
			z[i] = T(v)
		}
	}
}
