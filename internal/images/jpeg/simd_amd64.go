package jpeg

import "golang.org/x/sys/cpu"

//go:generate go -C ../gen run . -kernels jpeg -out ../jpeg/avx2_amd64.s -stubs ../jpeg/avx2_stubs_amd64.go -pkg jpeg

// best is the fastest set of kernels for this processor.
func best() *kernels {
	if !cpu.X86.HasAVX2 {
		return portable()
	}
	return &kernels{
		idct: idctSIMD, dequantize: dequantizeSIMD,
		h2v1: h2v1SIMD, h1v2: h1v2SIMD, h2v2: h2v2SIMD, color: colorSIMD,
	}
}

func idctSIMD(dst []byte, stride int, in *[64]int16) {
	_ = dst[7*stride+7]
	idctAVX2(&dst[0], stride, &in[0])
}

func dequantizeSIMD(dst, src *[64]int16, q *[64]uint16) { dequantizeAVX2(&dst[0], &src[0], &q[0]) }

func h2v1SIMD(dst, src []byte, sums []uint16) {
	n := len(src)
	_, _ = dst[:2*n+simdSlack], sums[:n+simdSlack]
	widenAVX2(&sums[1], &src[0], n)
	sums[0], sums[n+1] = sums[1], sums[n]
	doubleH2V1AVX2(&dst[0], &sums[1], n)
}

func h2v2SIMD(dst, near, far []byte, sums []uint16) {
	n := len(near)
	_, _, _ = dst[:2*n+simdSlack], sums[:n+simdSlack], far[:n]
	sumAVX2(&sums[1], &near[0], &far[0], n)
	sums[0], sums[n+1] = sums[1], sums[n]
	doubleH2V2AVX2(&dst[0], &sums[1], n)
}

func h1v2SIMD(dst, near, far []byte, bias uint16) {
	n := len(near)
	_, _ = dst[:n+simdSlack], far[:n]
	betweenAVX2(&dst[0], &near[0], &far[0], n, bias)
}

// colorSIMD does groups of 16 pixels; the last group may overlap the one before.
func colorSIMD(dst, y, cb, cr []byte) {
	n := len(y)
	if n < 16 {
		colorPortable(dst, y, cb, cr)
		return
	}
	_, _, _ = dst[:3*n], cb[:n], cr[:n]
	colorAVX2(&dst[0], &y[0], &cb[0], &cr[0], n&^15)
	if at := n - 16; n&15 != 0 {
		colorAVX2(&dst[3*at], &y[at], &cb[at], &cr[at], 16)
	}
}
