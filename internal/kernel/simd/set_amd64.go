package simd

import "csl/internal/kernel"

// simdSet plans kernels for one instruction set; what it does not know, the portable set does.
type simdSet struct {
	kernel.Set[float32]
	simd *simd
}

// Name implements Set.
func (s simdSet) Name() string { return s.simd.name }

// New implements Set.
func (s simdSet) New(d kernel.Desc) (kernel.Kernel[float32], error) {
	if err := kernel.Check(d); err != nil {
		return nil, err
	}
	for _, family := range []func(kernel.Desc) kernel.Kernel[float32]{
		s.simd.newDense, s.simd.newPointwise, s.simd.newMap, s.simd.newNorm, s.simd.newPool,
	} {
		if k := family(d); k != nil {
			return k, nil
		}
	}
	if c, ok := d.(kernel.Custom); ok {
		return c.Kernel32(s), nil
	}
	return s.Set.New(d)
}

// newDense plans the matrix products; nil where d is none.
func (s *simd) newDense(d kernel.Desc) kernel.Kernel[float32] {
	switch d := d.(type) {
	case kernel.Conv:
		if size := s.winogradPays(d.ConvShape, d.ConstWeights); size > 0 {
			return newWinogradConv(s, size, d)
		}
		return newSIMDConv(s, d)
	case kernel.ConvStats:
		return newSIMDConvStats(s, d)
	case kernel.ConvDataGrad:
		if size := s.winogradPays(d.ConvShape, false); size > 0 {
			return newWinogradDataGrad(s, size, d)
		}
		return newSIMDDataGrad(s, d)
	case kernel.ConvWeightGrad:
		if s.winogradPays(d.ConvShape, false) == winoLarge {
			return newWinogradGrad(s, d.ConvShape)
		}
		return newWeightGrad(s, d.ConvShape)
	case kernel.Linear:
		if d.ConstWeights {
			return newSIMDConv(s, kernel.Conv{ConvShape: d.Conv(), Epilogue: kernel.Epilogue{Bias: true, Slope: 1}, ConstWeights: true})
		}
		return newLinear(s, d.N, d.In, d.Out, false)
	case kernel.LinearDataGrad:
		return newLinear(s, d.N, d.Out, d.In, true)
	case kernel.LinearWeightGrad:
		return newWeightGrad(s, d.Conv())
	}
	return nil
}
