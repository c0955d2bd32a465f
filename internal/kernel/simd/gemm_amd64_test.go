package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"csl/internal/kernel/plan"
)

// gemmTwin is gemm in Go, for any tile.
func gemmTwin(mr, nr int) func(m, taps, cin int, off []int32, x, zero, w, y []float32, ldy, cols int, bias, res []float32, slope float32) {
	return func(m, taps, cin int, off []int32, x, zero, w, y []float32, ldy, cols int, bias, res []float32, slope float32) {
		for i := range m {
			for j := range cols {
				sum := float64(bias[j])
				for t := range taps {
					row := zero
					if o := off[(i/mr*taps+t)*mr+i%mr]; o >= 0 {
						row = x[o:]
					}
					for c := range cin {
						sum += float64(row[c]) * float64(w[(t*cin+c)*nr+j])
					}
				}
				if res != nil {
					sum += float64(res[i*ldy+j])
				}
				y[i*ldy+j] = plan.Leaky(float32(sum), slope)
			}
		}
	}
}

func randoms(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// near fails unless got is within tolerance of want, relative to the root mean square of want.
func near(t *testing.T, name string, got, want []float32, tolerance float64) {
	t.Helper()
	var sum float64
	for _, v := range want {
		sum += float64(v) * float64(v)
	}
	rms := math.Sqrt(sum/float64(max(1, len(want)))) + 1e-6
	for i, v := range got {
		if d := math.Abs(float64(v) - float64(want[i])); !(d <= tolerance*rms) {
			t.Fatalf("%s: element %d is %g, want %g (rms %g)", name, i, v, want[i], rms)
		}
	}
}

func TestGemmMatchesTwin(t *testing.T) { onEachSet(t, testGemmMatchesTwin) }

func testGemmMatchesTwin(t *testing.T, isa simdSet) {
	s := isa.simd
	for _, tile := range []struct {
		mr, nr int
		gemm   gemmFunc
	}{{s.mr, s.wide, s.gemmWide.full}, {s.mr, s.narrow, s.gemmNarrow.full}, {s.short, s.wide, s.gemmWide.short}, {s.short, s.narrow, s.gemmNarrow.short}} {
		for _, c := range []struct{ m, taps, cin, cols int }{
			{6, 1, 8, 16},
			{6, 9, 4, 16},
			{12, 1, 1, 8},
			{13, 2, 7, 5},
			{1, 1, 3, 1},
			{5, 3, 5, 15},
			{7, 1, 2, 9},
			{18, 1, 16, 12},
			{8, 9, 5, 32},
			{16, 1, 6, 31},
			{17, 2, 9, 17},
		} {
			for _, mode := range []struct {
				res   bool
				slope float32
			}{{false, 1}, {true, 1}, {true, 0}, {false, 0.01}} {
				cols := min(c.cols, tile.nr)
				t.Run(fmt.Sprintf("%dx%d/%+v/%+v", tile.mr, tile.nr, c, mode), func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, 2))
					ldy := cols + 3
					x, zero := randoms(r, 50*c.cin), make([]float32, c.cin)
					w, bias := randoms(r, c.taps*c.cin*tile.nr), randoms(r, tile.nr)
					off := make([]int32, ceilDiv(c.m, tile.mr)*tile.mr*c.taps)
					for i := range off {
						off[i] = int32(r.IntN(50)*c.cin) - int32(r.IntN(2)*50*c.cin)
					}
					y := randoms(r, c.m*ldy)
					want := append([]float32(nil), y...)
					var res *float32
					var resTwin []float32
					if mode.res {
						res, resTwin = &y[0], append([]float32(nil), y...)
					}
					tile.gemm(c.m, c.taps, c.cin, &off[0], &x[0], &zero[0], &w[0], &y[0], ldy, cols, &bias[0], res, mode.slope, c.m)
					gemmTwin(tile.mr, tile.nr)(c.m, c.taps, c.cin, off, x, zero, w, want, ldy, cols, bias, resTwin, mode.slope)
					near(t, "y", y, want, 1e-5)
				})
			}
		}
	}
}

// outerTwin is outer in Go, for any tile.
func outerTwin(mr int) func(m, rows, width int, off []int32, x []float32, xstep, tilestep int, dy []float32, dystep int, c []float32, ldy, cols, first int) {
	return func(m, rows, width int, off []int32, x []float32, xstep, tilestep int, dy []float32, dystep int, c []float32, ldy, cols, first int) {
		for i := range m {
			for j := range cols {
				sum := float64(c[i*ldy+j])
				if first != 0 {
					sum = 0
				}
				for r := range rows {
					for k := range width {
						sum += float64(x[i/mr*tilestep+int(off[r])+k*xstep+i%mr]) * float64(dy[(r*width+k)*dystep+j])
					}
				}
				c[i*ldy+j] = float32(sum)
			}
		}
	}
}

func TestOuterMatchesTwin(t *testing.T) { onEachSet(t, testOuterMatchesTwin) }

func testOuterMatchesTwin(t *testing.T, isa simdSet) {
	s := isa.simd
	for _, tile := range []struct {
		nr    int
		outer outerFunc
	}{{s.wide, s.outerWide}, {s.narrow, s.outerNarrow}} {
		for _, c := range []struct{ m, rows, width, cols, first int }{
			{6, 1, 1, 16, 1}, {12, 2, 7, 16, 0}, {13, 3, 2, 5, 0}, {1, 4, 5, 1, 1}, {5, 1, 16, 15, 0}, {7, 2, 3, 9, 1},
		} {
			t.Run(fmt.Sprintf("%d/%+v", tile.nr, c), func(t *testing.T) {
				r := rand.New(rand.NewPCG(1, 2))
				cols := min(c.cols, tile.nr)
				ldy, xstep, tilestep, dystep := cols+3, s.mr+1, 250*s.mr, tile.nr+2
				x, dy := randoms(r, ceilDiv(c.m, s.mr)*tilestep), randoms(r, c.rows*c.width*dystep)
				off := make([]int32, c.rows)
				for i := range off {
					off[i] = int32(r.IntN(100) * s.mr)
				}
				got := randoms(r, c.m*ldy)
				want := append([]float32(nil), got...)
				tile.outer(c.m, c.rows, c.width, &off[0], &x[0], xstep, tilestep, &dy[0], dystep, &got[0], ldy, cols, c.first)
				outerTwin(s.mr)(c.m, c.rows, c.width, off, x, xstep, tilestep, dy, dystep, want, ldy, cols, c.first)
				near(t, "c", got, want, 1e-5)
			})
		}
	}
}
