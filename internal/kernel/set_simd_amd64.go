package kernel

//go:generate go -C gen run . -set avx2 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go
//go:generate go -C gen run . -set avx512 -out ../avx512_amd64.s -stubs ../avx512_stubs_amd64.go

// simdSet plans kernels for one instruction set; what it does not know, the portable set does.
type simdSet struct {
	Set[float32]
	simd *simd
}

// Name implements Set.
func (s simdSet) Name() string { return s.simd.name }

// New implements Set.
func (s simdSet) New(d Desc) (Kernel[float32], error) {
	if err := check(d); err != nil {
		return nil, err
	}
	for _, family := range []func(Desc) Kernel[float32]{
		s.simd.newDense, s.simd.newPointwise, s.simd.newMap, s.simd.newNorm, s.simd.newPool,
	} {
		if k := family(d); k != nil {
			return k, nil
		}
	}
	if c, ok := d.(Custom); ok {
		return c.Kernel32(s), nil
	}
	return s.Set.New(d)
}

// newDense plans the matrix products; nil where d is none.
func (s *simd) newDense(d Desc) Kernel[float32] {
	switch d := d.(type) {
	case Conv:
		if size := s.winogradPays(d.ConvShape, d.ConstWeights); size > 0 {
			return newWinogradConv(s, size, d)
		}
		return newSIMDConv(s, d)
	case ConvStats:
		return newSIMDConvStats(s, d)
	case ConvDataGrad:
		if size := s.winogradPays(d.ConvShape, false); size > 0 {
			return newWinogradDataGrad(s, size, d)
		}
		return newSIMDDataGrad(s, d)
	case ConvWeightGrad:
		if s.winogradPays(d.ConvShape, false) == winoLarge {
			return newWinogradGrad(s, d.ConvShape)
		}
		return newWeightGrad(s, d.ConvShape)
	case Linear:
		if d.ConstWeights {
			return newSIMDConv(s, Conv{ConvShape: d.conv(), Epilogue: Epilogue{Bias: true, Slope: 1}, ConstWeights: true})
		}
		return newLinear(s, d.N, d.In, d.Out, false)
	case LinearDataGrad:
		return newLinear(s, d.N, d.Out, d.In, true)
	case LinearWeightGrad:
		return newWeightGrad(s, d.conv())
	}
	return nil
}
