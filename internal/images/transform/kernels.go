package transform

// kernels are the inner loops of resizing for which there is assembly. Every implementation gives the same bytes.
type kernels struct {
	// shrink resizes a row of pixels as shrinkPortable does.
	shrink func(dst, src []uint8, t *taps)
	// blend makes one row from several as blendPortable does.
	blend func(dst, src []uint8, stride int, weights []int32)
}

func portable() kernels { return kernels{shrinkPortable, blendPortable} }
