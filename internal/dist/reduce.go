package dist

import (
	"unsafe"
)

// chunk is how much of a buffer is reduced at a time, in bytes: small enough to bound the scratch memory and to
// stay below the size from which C libraries map fresh memory for every message (glibc: 32 MiB), large
// enough that latency does not count.
const chunk = 4 << 20

// small is how many bytes all ranks' numbers may have together to be sent to all ranks in one exchange.
const small = 64 << 10

// number is what can be reduced.
type number interface{ float32 | float64 | int64 }

// SumFloat32 implements [Group].
func (g *group) SumFloat32(buf []float32) error { return g.StartSumFloat32(buf).Wait() }

// StartSumFloat32 implements [Group].
func (g *group) StartSumFloat32(buf []float32) Request {
	return g.start("sum of float32", func() error { return reduce(g, buf, g.sumFloat32) })
}

// SumFloat64 implements [Group].
func (g *group) SumFloat64(buf []float64) error {
	return g.StartSumFloat64(buf).Wait()
}

// StartSumFloat64 implements [Group].
func (g *group) StartSumFloat64(buf []float64) Request {
	return g.start("sum of float64", func() error { return reduce(g, buf, sumPlain[float64]) })
}

// SumInt64 implements [Group].
func (g *group) SumInt64(buf []int64) error {
	return g.start("sum of int64", func() error { return reduce(g, buf, sumPlain[int64]) }).Wait()
}

// MaxInt64 implements [Group].
func (g *group) MaxInt64(buf []int64) error {
	return g.start("maximum of int64", func() error { return reduce(g, buf, maxPlain) }).Wait()
}

// reduce combines buf over all ranks, chunk by chunk: see "Order of additions" in the package's documentation.
func reduce[T number](g *group, buf []T, combine func(dst []T, ranks [][]T)) error {
	var zero T
	size := int(unsafe.Sizeof(zero))
	for len(buf) > 0 {
		n := min(len(buf), chunk/size)
		if err := reduceChunk(g, buf[:n], size, combine); err != nil {
			return err
		}
		buf = buf[n:]
	}
	return nil
}

func reduceChunk[T number](g *group, buf []T, size int, combine func(dst []T, ranks [][]T)) error {
	n, me := g.t.Size(), g.t.Rank()
	if bytes := size * len(buf); bytes*n <= small {
		return reduceSmall(g, buf, size, combine)
	}
	whole := Parts{asBytes(buf), evenly(len(buf), size, n)}
	own := len(whole.Part(me))
	received := Parts{g.memory(own * n), repeated(own, n)}
	if err := g.exchangeOthers(whole, received); err != nil {
		return err
	}
	ranks := make([][]T, n)
	for i := range ranks {
		ranks[i] = asNumbers[T](received.Part(i), size)
	}
	mine := asNumbers[T](whole.Part(me), size)
	ranks[me] = mine
	combine(mine, ranks)
	return g.share(whole)
}

// reduceSmall has every rank get all numbers of all ranks and combine them itself: one exchange instead of two. Equal numbers
// combined in an equal order are equal results.
func reduceSmall[T number](g *group, buf []T, size int, combine func(dst []T, ranks [][]T)) error {
	n, length := g.t.Size(), size*len(buf)
	all := Parts{g.memory(length * n), repeated(length, n)}
	copy(all.Part(g.t.Rank()), asBytes(buf))
	if err := g.share(all); err != nil {
		return err
	}
	ranks := make([][]T, n)
	for i := range ranks {
		ranks[i] = asNumbers[T](all.Part(i), size)
	}
	combine(buf, ranks)
	return nil
}

// sumFloat32 adds in float64 and rounds once.
func (g *group) sumFloat32(dst []float32, ranks [][]float32) {
	if len(ranks) == 2 { // float32 is exact enough: one addition, rounded once
		a, b := ranks[0][:len(dst)], ranks[1][:len(dst)]
		for i := range dst {
			dst[i] = a[i] + b[i]
		}
		return
	}
	const block = 2048 // stays in the first cache
	if g.sums == nil {
		g.sums = make([]float64, block)
	}
	for lo := 0; lo < len(dst); lo += block {
		hi := min(lo+block, len(dst))
		sums := g.sums[:hi-lo]
		for i, v := range ranks[0][lo:hi] {
			sums[i] = float64(v)
		}
		for _, r := range ranks[1:] {
			for i, v := range r[lo:hi] {
				sums[i] += float64(v)
			}
		}
		for i, s := range sums {
			dst[lo+i] = float32(s)
		}
	}
}

// sumPlain adds in the order of ranks.
func sumPlain[T number](dst []T, ranks [][]T) {
	for i := range dst {
		sum := ranks[0][i]
		for _, r := range ranks[1:] {
			sum += r[i]
		}
		dst[i] = sum
	}
}

func maxPlain(dst []int64, ranks [][]int64) {
	for i := range dst {
		most := ranks[0][i]
		for _, r := range ranks[1:] {
			most = max(most, r[i])
		}
		dst[i] = most
	}
}

// asBytes is the memory of numbers.
func asBytes[T number](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(zero)))
}

// asNumbers is the numbers in memory that asBytes gave, or that is aligned for them.
func asNumbers[T number](b []byte, size int) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/size)
}
