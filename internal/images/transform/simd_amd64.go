package transform

import "golang.org/x/sys/cpu"

//go:generate go -C ../gen run . -kernels transform -out ../transform/avx2_amd64.s -stubs ../transform/avx2_stubs_amd64.go -pkg transform

// best is the fastest set of kernels for this processor.
func best() kernels {
	if !cpu.X86.HasAVX2 {
		return portable()
	}
	return kernels{shrinkSIMD, blendSIMD}
}

// shrinkSIMD leaves the pixels at the end to portable code: there the assembly would read and write beyond the rows.
func shrinkSIMD(dst, src []uint8, t *taps) {
	n := t.out - 1
	for n > 0 && 3*int(t.start[n-1]+t.count[n-1]+1)+2 > len(src) {
		n--
	}
	if n > 0 {
		_ = dst[3*n]
		shrinkAVX2(&dst[0], &src[0], &t.start[0], &t.count[0], &t.spread[0], 4*t.spreadSize, n)
	}
	shrinkFrom(n, dst, src, t)
}

// blendSIMD does groups of 32 samples; the last group may overlap the one before.
func blendSIMD(dst, src []uint8, stride int, weights []int32) {
	n := len(dst)
	if n < 32 {
		blendPortable(dst, src, stride, weights)
		return
	}
	_ = src[(len(weights)-1)*stride+n-1]
	blendAVX2(&dst[0], &src[0], stride, &weights[0], len(weights), n&^31)
	if at := n - 32; n&31 != 0 {
		blendAVX2(&dst[at], &src[at], stride, &weights[0], len(weights), 32)
	}
}
