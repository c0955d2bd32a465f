package kernel

// avx512 is the instruction set AVX-512 F, BW, DQ and VL.
func avx512() *simd {
	return &simd{
		name: "avx512", tuning: cloudCores(), mr: 8, short: 4, wide: 32, narrow: 16,
		gemmWide:      gemmTiles{gemm8x32AVX512, gemm4x32AVX512},
		gemmNarrow:    gemmTiles{gemm8x16AVX512, gemm4x16AVX512},
		strided:       stridedProduct{14, rows14x32AVX512},
		stridedPair:   stridedProduct{7, rows7x64AVX512},
		stridedNarrow: stridedProduct{14, rows14x16AVX512},
		outerWide:     outer8x32AVX512, outerNarrow: outer8x16AVX512,
		packs:      []packs{{8, pack8AVX512}, {12, pack12AVX512}, {16, pack16AVX512}, {32, pack32AVX512}},
		transpose8: transpose8AVX512,
		lanes:      16,
		peak:       fmaPeakAVX512,
		relu:       reluAVX512, add: addAVX512, addReLU: addReLUAVX512, reluGrad: reluGradAVX512,
		scale: scaleAVX512, scaleAddReLU: scaleAddReLUAVX512, sums: sumsAVX512, products: productsAVX512,
		moments: momentsAVX512, normalise: normaliseAVX512,
		normGradZ: normGradZAVX512, normGradY: normGradYAVX512, normSumsZ: normSumsZAVX512, normSumsY: normSumsYAVX512,
		blend3: blend3AVX512,
		wino:   winoKernels{winoInputAVX512, winoWeightsAVX512, winoOutputAVX512}, winoSmall: winoKernels{winoInput2AVX512, winoWeights2AVX512, winoOutput2AVX512},
		winoGrad: winoGradAVX512, winoWeightsGrad: winoWeightsGradAVX512,
		adam: adamAVX512, adamEMA: adamEMAAVX512,
		sigmoid: sigmoidAVX512, expNeg: expNegAVX512, log1p: log1pAVX512, focal: focalAVX512, focalKeys: focalKeysAVX512, focalSkip: focalSkipAVX512,
	}
}
