package jpeg

// kernels are the inner loops for which there is assembly. Every implementation gives the same bytes.
type kernels struct {
	// idct is the inverse DCT of idctPortable.
	idct func(dst []byte, stride int, in *[64]int16)
	// dequantize multiplies by quantizers.
	dequantize func(dst, src *[64]int16, q *[64]uint16)
	// h2v1, h1v2 and h2v2 interpolate rows, the last two arguments of two with memory for sums.
	h2v1 func(dst, src []byte, sums []uint16)
	h1v2 func(dst, near, far []byte, bias uint16)
	h2v2 func(dst, near, far []byte, sums []uint16)
	// color turns rows of luma and chroma into RGB.
	color func(dst, y, cb, cr []byte)
}

// simdSlack is how many elements behind a row the kernels may read, or write in rows of this package.
const simdSlack = 64

func portable() *kernels {
	return &kernels{
		idct: idctPortable, dequantize: dequantizePortable,
		h2v1: h2v1Portable, h1v2: h1v2Portable, h2v2: h2v2Portable, color: colorPortable,
	}
}
