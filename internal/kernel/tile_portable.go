package kernel

import "unsafe"

// Register tile: tileM pixels (or rows) by tileN output channels.
const (
	tileM = 2
	tileN = 4
)

// quads and pairs use scratch as short rows of fixed length, which saves the inner loops their
// bounds checks.
func quads[T Float](s []T) [][4]T {
	return unsafe.Slice((*[4]T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/4)
}

func pairs[T Float](s []T) [][2]T {
	return unsafe.Slice((*[2]T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/2)
}

// dotTile computes the products of two pixels with four output channels. Each pixel is runs pieces
// of n values in x, stride apart from offsets o0 and o1; w holds the runs*n weights of the channels.
func dotTile[T Float](x []T, o0, o1, stride, runs, n int, w [][4]T) (c00, c01, c02, c03, c10, c11, c12, c13 T) {
	for range runs {
		a0, a1, b := x[o0:o0+n], x[o1:o1+n], w[:n]
		a1, b = a1[:len(a0)], b[:len(a0)]
		for i, v0 := range a0 {
			v1, q := a1[i], &b[i]
			c00 += v0 * q[0]
			c01 += v0 * q[1]
			c02 += v0 * q[2]
			c03 += v0 * q[3]
			c10 += v1 * q[0]
			c11 += v1 * q[1]
			c12 += v1 * q[2]
			c13 += v1 * q[3]
		}
		o0, o1, w = o0+stride, o1+stride, w[n:]
	}
	return
}

// outerTile sums over runs lines of n pixels the products of two values of x and four of y.
// Lines of x are stride apart.
func outerTile[T Float](x [][2]T, y [][4]T, stride, runs, n int) (c00, c01, c02, c03, c10, c11, c12, c13 T) {
	for r := range runs {
		a, b := x[r*stride:][:n], y[r*n:][:n]
		b = b[:len(a)]
		for i := range a {
			p, q := &a[i], &b[i]
			v0, v1 := p[0], p[1]
			c00 += v0 * q[0]
			c01 += v0 * q[1]
			c02 += v0 * q[2]
			c03 += v0 * q[3]
			c10 += v1 * q[0]
			c11 += v1 * q[1]
			c12 += v1 * q[2]
			c13 += v1 * q[3]
		}
	}
	return
}
