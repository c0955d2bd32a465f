package loss

import (
	"math"
	"testing"
)

func TestFloat32ExponentialAndLogarithmAreGoodToTwoUlp(t *testing.T) {
	var x []float32
	for v := float32(0); v < 87.3; v += 0.00731 {
		x = append(x, v, -v)
	}
	e, l := make([]float32, len(x)), make([]float32, len(x))
	expNeg(e, x)
	log1p(l, e)
	for i, v := range x {
		want := math.Exp(-math.Abs(float64(v)))
		if ulp := math.Abs(float64(e[i])-want) / want * (1 << 23); ulp > 2 {
			t.Fatalf("exp(-|%v|) = %v, want %v: %.1f ulp", v, e[i], want, ulp)
		}
		want = math.Log1p(float64(e[i]))
		if ulp := math.Abs(float64(l[i])-want) / want * (1 << 23); ulp > 2 {
			t.Fatalf("log1p(%v) = %v, want %v: %.1f ulp", e[i], l[i], want, ulp)
		}
	}
}

func TestExponentialUnderflowsToZeroAndKeepsNaN(t *testing.T) {
	e := make([]float32, 4)
	expNeg(e, []float32{88, -1e30, float32(math.Inf(-1)), float32(math.NaN())})
	if e[0] != 0 || e[1] != 0 || e[2] != 0 || e[3] == e[3] {
		t.Errorf("exp of -88, -1e30, -Inf, NaN: %v", e)
	}
}

func TestPowersByMultiplicationEqualPow(t *testing.T) {
	for _, g := range []float64{0, 1, 2, 3, 4, 5, 9, 16, 0.5, 2.5, 17, 40.25} {
		for _, b := range []float64{0, 1e-3, 0.3, 0.999, 1} {
			if got, want := power(b, newExponent(g)), math.Pow(b, g); math.Abs(got-want) > 1e-14*want {
				t.Errorf("%v^%v = %v, want %v", b, g, got, want)
			}
			single := float32(b)
			want := math.Pow(float64(single), g)
			if got := float64(power(single, newExponent(g))); math.Abs(got-want) > 1e-6*want+1e-45 {
				t.Errorf("float32: %v^%v = %v, want %v", single, g, got, want)
			}
		}
	}
}
