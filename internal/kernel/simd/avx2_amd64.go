package simd

import "csl/internal/kernel/asm"

// avx2 is the instruction set AVX2 with FMA.
func avx2() *simd {
	return &simd{
		name: "avx2", tuning: cloudCores(), mr: 6, short: 4, wide: 16, narrow: 8,
		gemmWide:   gemmTiles{asm.Gemm6x16AVX2, asm.Gemm4x16AVX2},
		gemmNarrow: gemmTiles{asm.Gemm6x8AVX2, asm.Gemm4x8AVX2},
		outerWide:  asm.Outer6x16AVX2, outerNarrow: asm.Outer6x8AVX2,
		packs:      []packs{{6, asm.Pack6AVX2}, {8, asm.Pack8AVX2}, {12, asm.Pack12AVX2}, {16, asm.Pack16AVX2}},
		transpose8: asm.Transpose8AVX2,
		lanes:      8,
		peak:       asm.FMAPeakAVX2,
		relu:       asm.ReluAVX2, add: asm.AddAVX2, addReLU: asm.AddReLUAVX2, reluGrad: asm.ReluGradAVX2,
		scale: asm.ScaleAVX2, scaleAddReLU: asm.ScaleAddReLUAVX2, sums: asm.SumsAVX2, products: asm.ProductsAVX2,
		moments: asm.MomentsAVX2, normalise: asm.NormaliseAVX2,
		normGradZ: asm.NormGradZAVX2, normGradY: asm.NormGradYAVX2, normSumsZ: asm.NormSumsZAVX2, normSumsY: asm.NormSumsYAVX2,
		blend3: asm.Blend3AVX2,
		wino:   winoKernels{asm.WinoInputAVX2, asm.WinoWeightsAVX2, asm.WinoOutputAVX2}, winoSmall: winoKernels{asm.WinoInput2AVX2, asm.WinoWeights2AVX2, asm.WinoOutput2AVX2},
		winoGrad: asm.WinoGradAVX2, winoWeightsGrad: asm.WinoWeightsGradAVX2,
		adam: asm.AdamAVX2, adamEMA: asm.AdamEMAAVX2,
		sigmoid: asm.SigmoidAVX2, expNeg: asm.ExpNegAVX2, log1p: asm.Log1pAVX2, focal: asm.FocalAVX2, focalKeys: asm.FocalKeysAVX2, focalSkip: asm.FocalSkipAVX2,
	}
}
