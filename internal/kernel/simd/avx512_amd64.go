package simd

import "csl/internal/kernel/asm"

// avx512 is the instruction set AVX-512 F, BW, DQ and VL.
func avx512() *simd {
	return &simd{
		name: "avx512", tuning: cloudCores(), mr: 8, short: 4, wide: 32, narrow: 16,
		gemmWide:      gemmTiles{asm.Gemm8x32AVX512, asm.Gemm4x32AVX512},
		gemmNarrow:    gemmTiles{asm.Gemm8x16AVX512, asm.Gemm4x16AVX512},
		strided:       stridedProduct{14, asm.Rows14x32AVX512},
		stridedPair:   stridedProduct{7, asm.Rows7x64AVX512},
		stridedNarrow: stridedProduct{14, asm.Rows14x16AVX512},
		outerWide:     asm.Outer8x32AVX512, outerNarrow: asm.Outer8x16AVX512,
		packs:      []packs{{8, asm.Pack8AVX512}, {12, asm.Pack12AVX512}, {16, asm.Pack16AVX512}, {32, asm.Pack32AVX512}},
		transpose8: asm.Transpose8AVX512,
		lanes:      16,
		peak:       asm.FMAPeakAVX512,
		relu:       asm.ReluAVX512, add: asm.AddAVX512, addReLU: asm.AddReLUAVX512, reluGrad: asm.ReluGradAVX512,
		scale: asm.ScaleAVX512, scaleAddReLU: asm.ScaleAddReLUAVX512, sums: asm.SumsAVX512, products: asm.ProductsAVX512,
		moments: asm.MomentsAVX512, normalise: asm.NormaliseAVX512,
		normGradZ: asm.NormGradZAVX512, normGradY: asm.NormGradYAVX512, normSumsZ: asm.NormSumsZAVX512, normSumsY: asm.NormSumsYAVX512,
		blend3: asm.Blend3AVX512,
		wino:   winoKernels{asm.WinoInputAVX512, asm.WinoWeightsAVX512, asm.WinoOutputAVX512}, winoSmall: winoKernels{asm.WinoInput2AVX512, asm.WinoWeights2AVX512, asm.WinoOutput2AVX512},
		winoGrad: asm.WinoGradAVX512, winoWeightsGrad: asm.WinoWeightsGradAVX512,
		adam: asm.AdamAVX512, adamEMA: asm.AdamEMAAVX512,
		sigmoid: asm.SigmoidAVX512, expNeg: asm.ExpNegAVX512, log1p: asm.Log1pAVX512, focal: asm.FocalAVX512, focalKeys: asm.FocalKeysAVX512, focalSkip: asm.FocalSkipAVX512,
	}
}
