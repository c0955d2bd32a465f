package bench

// fmaLoop is the loop that belongs to kernels of that name, and the floating point operations of
// one of its rounds; nil if there is none.
func fmaLoop(kernels string) (loop func(rounds int), perRound float64) {
	if kernels == "avx2" {
		return fmaLoopAVX2, 12 * 8 * 2
	}
	return nil, 0
}

// fmaLoopAVX2 does rounds times 12 independent multiply-adds of 8 numbers: as many as hide the
// latency of the units. rounds is at least 1.
//
//go:noescape
func fmaLoopAVX2(rounds int)
