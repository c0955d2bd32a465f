package simd

import "csl/internal/kernel"

// convEpilogue holds the operands of an Epilogue for a run.
type convEpilogue struct {
	slope           float32
	hasBias, hasRes bool
	padded          []float32 // the bias, or zeros, with zeros up to whole panels
	res             []float32
}

func newEpilogue(s *simd, cols int, e kernel.Epilogue) convEpilogue {
	return convEpilogue{
		slope: float32(e.Slope), hasBias: e.Bias, hasRes: e.Residual,
		padded: make([]float32, s.panels(cols)*s.wide),
	}
}

// bind takes the operands from the inputs after x and the weights.
func (e *convEpilogue) bind(in [][]float32) {
	if e.hasBias {
		copy(e.padded, in[0])
		in = in[1:]
	}
	if e.hasRes {
		e.res = in[0]
	}
}

// release forgets the operands.
func (e *convEpilogue) release() { e.res = nil }

// residual is the residual from element at on, nil if there is none.
func (e *convEpilogue) residual(at int) []float32 {
	if e.res == nil {
		return nil
	}
	return e.res[at:]
}
