package kernel

//go:generate go -C gen run . -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go

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
	switch d := d.(type) {
	case Conv:
		return newSIMDConv(s.simd, d), nil
	case ConvDataGrad:
		return newSIMDGemm(s.simd, d.ConvShape, d.Co, d.Ci, true), nil
	case ConvWeightGrad:
		return newWeightGrad(s.simd, d.ConvShape), nil
	case Linear:
		if d.Fixed {
			return newSIMDConv(s.simd, Conv{ConvShape: d.conv(), Epilogue: Epilogue{Bias: true, Slope: 1}, Fixed: true}), nil
		}
		return newLinear(s.simd, d.N, d.In, d.Out, false), nil
	case LinearDataGrad:
		return newLinear(s.simd, d.N, d.Out, d.In, true), nil
	case LinearWeightGrad:
		return newWeightGrad(s.simd, d.conv()), nil
	default:
		return s.Set.New(d)
	}
}
