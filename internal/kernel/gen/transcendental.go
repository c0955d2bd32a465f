package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	log2e     = 1.44269504088896341
	ln2hi     = 0.693359375 // exact in few bits: its products with exponents are exact
	ln2lo     = -2.12194440e-4
	expLowest = 105 // exp(-105) rounds to 0
	signBit   = 1 << 31
)

// The polynomials: exp(r) = 1 + r + r^2*P(r) for |r| <= ln2/2, from Cephes; atanh(s) = s + s^3*P(s^2).
func expPolynomial() []float32 {
	return []float32{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}
}

func atanhPolynomial() []float32 { return []float32{1. / 13, 1. / 11, 1. / 9, 1. / 7, 1. / 5, 1. / 3} }

// negativeZero has the sign bit alone.
func negativeZero() float32 { return math.Float32frombits(signBit) }

// oneBits is 127 as an integer: the exponent of 1.
func oneBits() float32 { return math.Float32frombits(127) }

// transcendentals generates exp(-|x|), log(1+e) and the sigmoid. 2 is among winoConstants.
func (m machine) transcendentals() {
	m.constants(log2e, ln2hi, ln2lo, expLowest, 1, -1, negativeZero(), oneBits())
	m.constants(expPolynomial()...)
	m.constants(atanhPolynomial()...)
	m.sweep(sweep{
		name: "expNeg", doc: []string{"is out = exp(-|x|), within 2 ulp, denormal results too; NaN stays."}, inputs: []string{"x"},
		body: func(s *sweeping) reg.VecVirtual { return s.expNeg(s.get("x")) },
	})
	m.sweep(sweep{
		name: "log1p", doc: []string{"is out = log(1+e) for e in [0, 1], within 2 ulp; NaN stays."}, inputs: []string{"e"},
		body: func(s *sweeping) reg.VecVirtual { return s.log1p(s.get("e")) },
	})
	m.sweep(sweep{
		name: "sigmoid", doc: []string{"is out = 1/(1+exp(-x)), within 3 ulp, denormal results too; NaN stays."}, inputs: []string{"x"},
		body: func(s *sweeping) reg.VecVirtual {
			x := s.get("x")
			low, high := s.sigmoids(s.expNeg(x))
			s.choose(x, low, high) // NaN is in both
			return high
		},
	})
}

// expNeg is exp(-|x|) = exp(r) * 2^-n, n the integer next to |x|/ln2. The power is two factors, so that
// denormal results are rounded once.
func (m machine) expNeg(x reg.VecVirtual) reg.VecVirtual {
	a, n, r := m.vec(), m.vec(), m.vec()
	m.VMOVUPS(m.constant(negativeZero()), a)
	m.VANDNPS(x, a, a)
	m.VMOVUPS(m.constant(expLowest), n)
	m.VMINPS(a, n, a) // the second source is what NaN leaves
	m.VMULPS(m.constant(log2e), a, n)
	m.round(n, n)
	m.VMOVAPS(n, r)
	m.VFMSUB132PS(m.constant(ln2hi), a, r) // r*ln2hi - a
	m.VFMADD231PS(m.constant(ln2lo), n, r)
	p := m.polynomial(expPolynomial(), r)
	square := a
	m.VMULPS(r, r, square)
	m.VFMADD213PS(r, square, p)
	m.VADDPS(m.constant(1), p, p)
	half := square
	m.VCVTPS2DQ(n, n)
	m.VPSRLD(operand.Imm(1), n, half)
	m.VPSUBD(half, n, n)
	m.scale2(half, p)
	m.scale2(n, p)
	return p
}

// scale2 multiplies p by 2^-n and uses n up.
func (m machine) scale2(n, p reg.VecVirtual) {
	t := m.vec()
	m.VMOVUPS(m.constant(oneBits()), t)
	m.VPSUBD(n, t, n)
	m.VPSLLD(operand.Imm(23), n, n)
	m.VMULPS(n, p, p)
}

// polynomial has six coefficients, those of high powers first. Pairs are computed side by side, as what
// limits these functions is that every operation waits for the one before.
func (m machine) polynomial(coefficients []float32, x reg.VecVirtual) reg.VecVirtual {
	var pair [3]reg.VecVirtual
	for i := range pair {
		pair[i] = m.vec()
		m.VMOVUPS(m.constant(coefficients[2*i]), pair[i])
		m.VFMADD213PS(m.constant(coefficients[2*i+1]), x, pair[i])
	}
	square, p := m.vec(), pair[0]
	m.VMULPS(x, x, square)
	m.VFMADD213PS(pair[1], square, p)
	m.VFMADD213PS(pair[2], square, p)
	return p
}

// log1p is log(1+e) = 2 atanh(s), s = e/(2+e).
func (m machine) log1p(e reg.VecVirtual) reg.VecVirtual {
	s, z := m.vec(), m.vec()
	m.VADDPS(m.constant(2), e, z)
	m.VDIVPS(z, e, s)
	m.VMULPS(s, s, z)
	p := m.polynomial(atanhPolynomial(), z)
	m.VMULPS(s, z, z)
	m.VFMADD213PS(s, z, p)
	m.VADDPS(p, p, p)
	return p
}

// sigmoids are sigmoid(-|x|) and sigmoid(|x|) from e = exp(-|x|), which is used up.
func (m machine) sigmoids(e reg.VecVirtual) (low, high reg.VecVirtual) {
	high = m.vec()
	t := m.vec()
	m.VMOVUPS(m.constant(1), t)
	m.VADDPS(t, e, high)
	m.VDIVPS(high, t, high)
	m.VMULPS(high, e, e)
	return e, high
}
