package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"csl/internal/kernel"
)

// ulps is how far got is from want, in units in the last place of want as float32.
func ulps(got float32, want float64) float64 {
	unit := math.Ldexp(1, max(math.Ilogb(want)-23, -149))
	if want == 0 {
		unit = math.Ldexp(1, -149)
	}
	return math.Abs(float64(got)-want) / unit
}

// everyRange is numbers of all magnitudes and both signs, denormal ones included.
func everyRange() []float32 {
	var x []float32
	for bits := uint32(0); bits < 0x7f800000; bits += 9973 {
		x = append(x, math.Float32frombits(bits), -math.Float32frombits(bits))
	}
	for v := float32(0); v < 106; v += 0.00731 {
		x = append(x, v, -v)
	}
	return append(x, 1, math.SmallestNonzeroFloat32, math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)))
}

// worst runs f on every x and returns the largest error.
func worst(t *testing.T, f unaryFunc, x []float32, definition func(float64) float64) (most float64) {
	t.Helper()
	out := make([]float32, len(x))
	f(1, len(x), &out[0], &x[0])
	for i, v := range x {
		u := ulps(out[i], definition(float64(v)))
		if !(u <= 100) {
			t.Fatalf("f(%g) = %g, want %g", v, out[i], definition(float64(v)))
		}
		most = max(most, u)
	}
	return most
}

func TestTranscendentalsAreGoodToAFewUlpEverywhere(t *testing.T) {
	onEachSet(t, testTranscendentalsAreGoodToAFewUlpEverywhere)
}

func testTranscendentalsAreGoodToAFewUlpEverywhere(t *testing.T, isa simdSet) {
	s := isa.simd
	all := everyRange()
	var unit []float32
	for _, v := range all {
		if v >= 0 && v <= 1 {
			unit = append(unit, v)
		}
	}
	for _, f := range []struct {
		name  string
		f     unaryFunc
		x     []float32
		exact func(float64) float64
		limit float64
	}{
		{"expNeg", s.expNeg, all, func(x float64) float64 { return math.Exp(-math.Abs(x)) }, 2},
		{"log1p", s.log1p, unit, math.Log1p, 2},
		{"sigmoid", s.sigmoid, all, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 3},
	} {
		most := worst(t, f.f, f.x, f.exact)
		t.Logf("%s: %.2f ulp", f.name, most)
		if most > f.limit {
			t.Errorf("%s is %.2f ulp off, at most %g are stated", f.name, most, f.limit)
		}
		x := []float32{1, 1, float32(math.NaN()), 1, 1, 1, 1, 1}
		f.f(1, len(x), &x[0], &x[0])
		for i, v := range x {
			if (v != v) != (i == 2) {
				t.Errorf("%s: NaN at 2 gives %v", f.name, x)
				break
			}
		}
	}
}

func BenchmarkFocal(b *testing.B) {
	const n = 9605
	r := rand.New(rand.NewPCG(1, 3))
	logits, labels, grad := randoms(r, n), make([]float32, n), make([]float32, n)
	for i := range labels {
		logits[i] = 2*logits[i] - 5
		labels[i] = -1
	}
	f := fastest(b).Focal(kernel.FocalTerms{Alpha: [3]float32{1, 1, 1}, Gamma: [3]float64{0, 1, 4}, Live: [3]bool{true, true, true}})
	keys := make([]uint32, n)
	b.Run("row", func(b *testing.B) {
		for b.Loop() {
			f.Row(grad, logits, labels, nil, nil, 0, 1)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/cell")
	})
	b.Run("keys", func(b *testing.B) {
		for b.Loop() {
			f.Keys(keys, logits, labels, nil, float32(math.Inf(-1)))
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/cell")
	})
}

// focalCell is the definition of a cell's cost and gradient, in float64.
func focalCell(t kernel.FocalTerms, kind int, x float64) (cost, grad float64) {
	side := 1.0
	if kind == kernel.FocalPositive {
		side = -1
	}
	z, alpha, gamma := side*x, float64(t.Alpha[kind]), t.Gamma[kind]
	a := 1 / (1 + math.Exp(-z))
	cost = alpha * math.Pow(a, gamma) * (math.Log1p(math.Exp(-math.Abs(z))) + max(z, 0))
	grad = alpha * math.Pow(a, gamma+1)
	if t.FocusGrad {
		grad += gamma / (1 + math.Exp(z)) * cost
	}
	return cost, side * grad
}

func TestFocalRowsFollowTheirDefinition(t *testing.T) {
	onEachSet(t, testFocalRowsFollowTheirDefinition)
}

func testFocalRowsFollowTheirDefinition(t *testing.T, isa simdSet) {
	s := isa
	r := rand.New(rand.NewPCG(17, 18))
	for _, terms := range []kernel.FocalTerms{
		{Alpha: [3]float32{1, 1, 1}, Gamma: [3]float64{0, 1, 4}, Live: [3]bool{true, true, true}},
		{Alpha: [3]float32{1, 0.5, 0.25}, Gamma: [3]float64{2, 3, 5}, Live: [3]bool{true, true, false}, FocusGrad: true},
		{Alpha: [3]float32{0, 2, 3}, Gamma: [3]float64{6, 7, 0}, Live: [3]bool{true, true, true}, FocusGrad: true},
	} {
		f := kernel.FocalOf(s, terms)
		for _, n := range []int{1, 7, 8, 9, 16, 17, 100} {
			for _, drop := range []bool{false, true} {
				focalRowMatches(t, f, terms, r, n, drop)
			}
		}
		row, labels := randoms(r, 40), make([]float32, 40)
		if n := testing.AllocsPerRun(3, func() { f.Row(row, row, labels, nil, nil, 0, 1) }); n != 0 {
			t.Errorf("%v allocations per row", n)
		}
	}
	for _, gamma := range []float64{0.5, 8, -1, math.NaN(), math.Inf(1)} {
		if kernel.FocalOf(s, kernel.FocalTerms{Gamma: [3]float64{0, gamma, 0}}) != nil {
			t.Errorf("gamma %v is accepted", gamma)
		}
	}
}

// focalRowMatches compares a row of n cells; with drop, some are gated and some have small keys.
func focalRowMatches(t *testing.T, f kernel.Focal, terms kernel.FocalTerms, r *rand.Rand, n int, drop bool) {
	t.Helper()
	logits, labels := randoms(r, n), make([]float32, n)
	got, want := append(make([]float32, n), 42), make([]float32, n)
	var gate, keys []uint32
	if drop {
		gate, keys = make([]uint32, n), make([]uint32, n)
	}
	const limit, weight = 500, 1.5
	var sums kernel.FocalSums
	for i := range logits {
		logits[i] *= 9
		kind := r.IntN(4)
		labels[i] = [4]float32{1, 0, -1, 0.5}[kind]
		gated, picked := false, false
		if drop {
			gate[i], keys[i] = -uint32(r.IntN(2)), uint32(r.IntN(2*limit))
			if i == 3 {
				keys[i] = 1 << 31 // negative
			}
			gated, picked = kind == kernel.FocalUnknown && gate[i] != 0, kind == kernel.FocalUnknown && int32(keys[i]) < limit
		}
		sums.Gated += btoi(gated)
		sums.Picked += btoi(picked)
		sums.Both += btoi(gated && picked)
		if kind == kernel.FocalKinds {
			continue
		}
		sums.Cells[kind]++
		if terms.Live[kind] && !gated && !picked {
			cost, grad := focalCell(terms, kind, float64(logits[i]))
			sums.Loss[kind] += weight * cost
			want[i] = float32(weight * grad)
		}
	}
	out := f.Row(got[:n], logits, labels, gate, keys, limit, weight)
	if got[n] != 42 {
		t.Fatal("wrote past the end")
	}
	near(t, "gradient", got[:n], want, 3e-6)
	const spacing = math.SmallestNonzeroFloat32 // of numbers too small to be normal
	for k, v := range sums.Loss {
		if math.Abs(out.Loss[k]-v) > 2e-6*v+float64(n)*spacing {
			t.Errorf("%d cells: loss of kind %d is %v, want %v", n, k, out.Loss[k], v)
		}
	}
	if out.Loss = sums.Loss; out != sums {
		t.Errorf("%d cells: counted %+v, want %+v", n, out, sums)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestFocalKeysAreTheBitsOfTheNegativeProbability(t *testing.T) {
	onEachSet(t, testFocalKeysAreTheBitsOfTheNegativeProbability)
}

func testFocalKeysAreTheBitsOfTheNegativeProbability(t *testing.T, isa simdSet) {
	f := kernel.FocalOf(isa, kernel.FocalTerms{})
	r := rand.New(rand.NewPCG(19, 20))
	for _, n := range []int{1, 8, 9, 16, 17, 203} {
		x, labels, skip, keys := randoms(r, n), make([]float32, n), make([]uint32, n), append(make([]uint32, n), 42)
		for i := range x {
			x[i] *= 20
			labels[i], skip[i] = float32(r.IntN(3)-1), -uint32(r.IntN(2))
		}
		x[0], labels[0], skip[0] = float32(math.NaN()), -1, 0
		for mode := range 4 {
			skip, least := skip, float32(math.Inf(-1))
			if mode&1 > 0 {
				skip = nil
			}
			if mode&2 > 0 {
				least = x[n/2]
			}
			f.Keys(keys[:n], x, labels, skip, least)
			for i, key := range keys[:n] {
				if i == 0 || labels[i] != -1 || skip != nil && skip[i] != 0 || x[i] < least {
					if key != kernel.FocalKeyNone {
						t.Fatalf("cell %d of label %v has key %#x", i, labels[i], key)
					}
					continue
				}
				want := 1 - 1/(1+math.Exp(-float64(x[i])))
				if got := float64(math.Float32frombits(key)); math.Abs(got-want) > 2e-7 {
					t.Fatalf("q of %v is %v, want %v", x[i], got, want)
				}
			}
		}
		if keys[n] != 42 {
			t.Fatal("wrote past the end")
		}
	}
}

func TestSkipStopsAtOrShortlyBeforeTheFirstSmallKey(t *testing.T) {
	onEachSet(t, testSkipStopsAtOrShortlyBeforeTheFirstSmallKey)
}

func testSkipStopsAtOrShortlyBeforeTheFirstSmallKey(t *testing.T, isa simdSet) {
	f := kernel.FocalOf(isa, kernel.FocalTerms{})
	for n := range 40 {
		for small := range n + 1 {
			keys := make([]uint32, n)
			for i := range keys {
				keys[i] = 10 + uint32(i)
			}
			if small < n {
				keys[small] = 9
			}
			if got := f.Skip(keys, 10); got > small || small-got >= mostLanes {
				t.Fatalf("%d keys, number %d is small: skipped %d", n, small, got)
			}
		}
	}
}
