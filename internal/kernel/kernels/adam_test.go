package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// adamState is a step's slices: w, gradient, m, v, ema.
type adamState [5][]float32

func newAdamState(n int) (s adamState) {
	r := rand.New(rand.NewPCG(13, uint64(n)))
	for k := range s {
		s[k] = make([]float32, n)
		for i := range s[k] {
			// Magnitudes from denormal to large, so that every rounding shows.
			s[k][i] = float32(r.NormFloat64() * math.Exp(30*r.NormFloat64()))
			if k == 3 {
				s[k][i] = float32(math.Abs(float64(s[k][i])))
			}
			if r.IntN(8) == 0 {
				s[k][i] = 0
			}
		}
	}
	return s
}

func (s adamState) clone() adamState {
	for k := range s {
		s[k] = slices.Clone(s[k])
	}
	return s
}

// lengthen adds an element behind every slice that a step must not touch.
func (s adamState) lengthen() adamState {
	for k := range s {
		s[k] = append(s[k], 42)[:len(s[k])]
	}
	return s
}

func adamSteps() []kernel.AdamStep {
	return []kernel.AdamStep{
		{Shrink: 1, L2: 1e-4, Beta1: 0.9, Take1: 0.1, Beta2: 0.999, Take2: 0.001, Step: 3e-4, Eps: 1e-8, Keep: 0.9997, Take: 0.0003},
		{Shrink: 0.999, Beta1: 0.85, Take1: 0.15, Beta2: 0.99, Take2: 0.01, Step: 0.1, Eps: 1e-9, Keep: 0.2, Take: 0.8},
	}
}

// sameBits compares to the bit, any NaN with any NaN.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y })
}

func TestEverySetTakesTheSameAdamStepToTheBit(t *testing.T) {
	for _, set := range Sets() {
		f := portable.AdamOf(set)
		for _, a := range adamSteps() {
			for _, n := range []int{0, 1, 7, 8, 9, 16, 31, 1000} {
				for _, averaged := range []bool{true, false} {
					start := newAdamState(n).lengthen()
					want, got := start.clone(), start.clone().lengthen()
					if !averaged {
						want[4], got[4] = nil, nil
					}
					portable.Adam(&a, want[0], want[1], want[2], want[3], want[4])
					f(&a, got[0], got[1], got[2], got[3], got[4])
					for k := range got {
						if !sameBits(got[k], want[k]) {
							t.Fatalf("%s, %d parameters, averaged %v: slice %d differs", set.Name(), n, averaged, k)
						}
						if got[k] != nil && got[k][:n+1][n] != 42 {
							t.Fatalf("%s, %d parameters: wrote past the end of slice %d", set.Name(), n, k)
						}
					}
				}
			}
		}
	}
}

func TestAdamStepFollowsItsDefinition(t *testing.T) {
	for _, a := range adamSteps() {
		one := adamState{{0.5}, {-0.25}, {0.125}, {0.01}, {2}}
		portable.AdamOf(Sets()[0])(&a, one[0], one[1], one[2], one[3], one[4])
		x := 0.5 * float64(a.Shrink)
		d := -0.25 + float64(a.L2)*x
		m := float64(a.Beta1)*0.125 + float64(a.Take1)*d
		v := float64(a.Beta2)*0.01 + float64(a.Take2)*d*d
		w := x - float64(a.Step)*m/(math.Sqrt(v)+float64(a.Eps))
		ema := float64(a.Keep)*2 + float64(a.Take)*w
		for k, want := range map[int]float64{0: w, 1: -0.25, 2: m, 3: v, 4: ema} {
			if got := float64(one[k][0]); math.Abs(got-want) > 3e-7*math.Abs(want) {
				t.Errorf("slice %d is %v, want %v", k, got, want)
			}
		}
	}
}

// BenchmarkAdam reports the fastest run on one worker: ns per parameter, and GB/s of the nine float32
// that a parameter reads and writes.
func BenchmarkAdam(b *testing.B) {
	const n, jobLen = 1 << 22, 16 << 10
	s := newAdamState(n)
	for k := range s {
		for i := range s[k] {
			s[k][i] = float32(i%7) * 0.25
		}
	}
	a := adamSteps()[0]
	for _, set := range Sets() {
		f := portable.AdamOf(set)
		b.Run(set.Name(), func(b *testing.B) {
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				for at := 0; at < n; at += jobLen {
					f(&a, s[0][at:at+jobLen], s[1][at:at+jobLen], s[2][at:at+jobLen], s[3][at:at+jobLen], s[4][at:at+jobLen])
				}
				best = min(best, time.Since(start))
			}
			b.ReportMetric(best.Seconds()*1e9/n, "ns/param")
			b.ReportMetric(36*n/best.Seconds()/1e9, "GB/s")
		})
	}
}
