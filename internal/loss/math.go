package loss

import (
	"math"
	"unsafe"

	"csl/internal/kernel"
)

// expNeg writes exp(-|x|) for each x: the one transcendental that a cell needs besides a logarithm.
// Its float32 form is good to about one unit in the last place and 0 below the normal range.
func expNeg[T kernel.Float](dst, x []T) {
	switch x := any(x).(type) {
	case []float32:
		expNeg32(any(dst).([]float32), x)
	case []float64:
		d := any(dst).([]float64)
		for i, v := range x {
			d[i] = math.Exp(-math.Abs(v))
		}
	}
}

// expNeg32 splits -|x| = r - n*ln2 with |r| <= ln2/2 and takes exp(r) from Cephes' polynomial. Adding
// round leaves n, rounded to an integer, in the low bits of the sum: cheaper than conversions.
func expNeg32(dst, x []float32) {
	const (
		log2e = 1.44269504088896341
		ln2hi = 0.693359375
		ln2lo = -2.12194440e-4
		round = 3 << 22
		one   = 127 << 23 // the bits of 1; n is subtracted from its exponent
	)
	dst = dst[:len(x)]
	for i, v := range x {
		a := math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
		if a > 87.3 {
			dst[i] = 0
			continue
		}
		shifted := a*log2e + round
		n := shifted - round
		r := n*ln2hi - a + n*ln2lo
		s := r * r
		low := float32(1.6666665459e-1)*r + 5.0000001201e-1
		mid := float32(8.3334519073e-3)*r + 4.1665795894e-2
		high := float32(1.9875691500e-4)*r + 1.3981999507e-3
		p := (high*s+mid)*s + low
		p = p*s + r + 1
		dst[i] = p * math.Float32frombits(one-math.Float32bits(shifted)<<23)
	}
}

// log1p writes log(1+e) for each e in [0, 1], accurate relative to the result.
func log1p[T kernel.Float](dst, e []T) {
	switch e := any(e).(type) {
	case []float32:
		log1p32(any(dst).([]float32), e)
	case []float64:
		d := any(dst).([]float64)
		for i, v := range e {
			d[i] = math.Log1p(v)
		}
	}
}

// log1p32 is the series of 2 atanh(s), s = e/(2+e) <= 1/3; the first omitted term is 1.4e-8 of the sum.
func log1p32(dst, e []float32) {
	dst = dst[:len(e)]
	for i, v := range e {
		s := v / (2 + v)
		z := s * s
		p := float32(1. / 13)
		p = p*z + 1./11
		p = p*z + 1./9
		p = p*z + 1./7
		p = p*z + 1./5
		p = p*z + 1./3
		dst[i] = 2 * (s + s*z*p)
	}
}

// sigmoid is 1/(1+exp(-x)), rounded where the reference rounds, from e = exp(-|x|).
func sigmoid[T kernel.Float](x, e T) T {
	if x < 0 {
		e = 1 / e // +Inf for e == 0, and the sigmoid 0
	}
	return 1 / (1 + e)
}

// exponent is a focusing exponent; small whole ones are computed by multiplication.
type exponent struct {
	value float64
	whole int // -1 if not a small whole number
}

func newExponent(g float64) exponent {
	if g == math.Trunc(g) && g <= 16 {
		return exponent{g, int(g)}
	}
	return exponent{g, -1}
}

// power is b^g for b in [0, 1]; 0^0 is 1.
func power[T kernel.Float](b T, g exponent) T {
	switch g.whole {
	case 0:
		return 1
	case 1:
		return b
	case 2:
		return b * b
	case 3:
		return b * b * b
	case 4:
		b *= b
		return b * b
	case -1:
		if unsafe.Sizeof(b) == 4 { // more than accurate enough for float32, and half the time
			return T(math.Exp(g.value * math.Log(float64(b))))
		}
		return T(math.Pow(float64(b), g.value))
	}
	r := b
	for range g.whole - 1 {
		r *= b
	}
	return r
}
