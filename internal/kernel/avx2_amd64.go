package kernel

// avx2 is the instruction set AVX2 with FMA.
func avx2() *simd {
	return &simd{
		name: "avx2", tuning: cloudCores(), mr: 6, short: 4, wide: 16, narrow: 8,
		gemmWide:   gemmTiles{gemm6x16AVX2, gemm4x16AVX2},
		gemmNarrow: gemmTiles{gemm6x8AVX2, gemm4x8AVX2},
		outerWide:  outer6x16AVX2, outerNarrow: outer6x8AVX2,
		packs:      []packs{{6, pack6AVX2}, {8, pack8AVX2}, {12, pack12AVX2}, {16, pack16AVX2}},
		transpose8: transpose8AVX2,
		lanes:      8,
		peak:       fmaPeakAVX2,
		relu:       reluAVX2, add: addAVX2, addReLU: addReLUAVX2, reluGrad: reluGradAVX2,
		scale: scaleAVX2, scaleAddReLU: scaleAddReLUAVX2, sums: sumsAVX2, products: productsAVX2,
		moments: momentsAVX2, normalise: normaliseAVX2,
		normGradZ: normGradZAVX2, normGradY: normGradYAVX2, normSumsZ: normSumsZAVX2, normSumsY: normSumsYAVX2,
		blend3: blend3AVX2,
		wino:   winoKernels{winoInputAVX2, winoWeightsAVX2, winoOutputAVX2}, winoSmall: winoKernels{winoInput2AVX2, winoWeights2AVX2, winoOutput2AVX2},
		winoGrad: winoGradAVX2, winoWeightsGrad: winoWeightsGradAVX2,
		adam: adamAVX2, adamEMA: adamEMAAVX2,
		sigmoid: sigmoidAVX2, expNeg: expNegAVX2, log1p: log1pAVX2, focal: focalAVX2, focalKeys: focalKeysAVX2, focalSkip: focalSkipAVX2,
	}
}
