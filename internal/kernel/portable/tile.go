package portable

import (
	"unsafe"

	"csl/internal/kernel"
)

// The register tile of the matrix products is tileM rows (pixels) by tileN columns (channels). Six
// sums are what Go's compiler keeps in amd64's 15 registers beside the operands: with eight it
// spills one in every step, which halves the speed.
const (
	tileM = 2
	tileN = 3
)

// tile is the sums of a register tile, row after row.
type tile[T kernel.Float] [tileM * tileN]T

// rows and columns view scratch as short arrays, which saves the inner loops their bounds checks.
func rows[T kernel.Float](s []T) [][tileM]T {
	return unsafe.Slice((*[tileM]T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/tileM)
}

func columns[T kernel.Float](s []T) [][tileN]T {
	return unsafe.Slice((*[tileN]T)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/tileN)
}

// dotTile computes the products of two pixels with three output channels. Each pixel is runs pieces
// of n values in x, stride apart from offsets o0 and o1; w holds the runs*n weights of the channels.
func dotTile[T kernel.Float](x []T, o0, o1, stride, runs, n int, w [][tileN]T) tile[T] {
	var c00, c01, c02, c10, c11, c12 T
	for range runs {
		a0, a1, b := x[o0:o0+n], x[o1:o1+n], w[:n]
		a1, b = a1[:len(a0)], b[:len(a0)]
		for i, v0 := range a0 {
			v1, q := a1[i], &b[i]
			c00 += q[0] * v0
			c10 += q[0] * v1
			c01 += q[1] * v0
			c11 += q[1] * v1
			c02 += q[2] * v0
			c12 += q[2] * v1
		}
		o0, o1, w = o0+stride, o1+stride, w[n:]
	}
	return tile[T]{c00, c01, c02, c10, c11, c12}
}

// addOuter adds to sums, over runs lines of n pixels, the products of two values of x and three of
// y. Lines of x are stride apart.
func addOuter[T kernel.Float](sums *tile[T], x [][tileM]T, y [][tileN]T, stride, runs, n int) {
	c00, c01, c02, c10, c11, c12 := sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
	for r := range runs {
		a, b := x[r*stride:][:n], y[r*n:][:n]
		b = b[:len(a)]
		for i := range a {
			p, q := &a[i], &b[i]
			v0, v1 := p[0], p[1]
			c00 += q[0] * v0
			c10 += q[0] * v1
			c01 += q[1] * v0
			c11 += q[1] * v1
			c02 += q[2] * v0
			c12 += q[2] * v1
		}
	}
	*sums = tile[T]{c00, c01, c02, c10, c11, c12}
}
