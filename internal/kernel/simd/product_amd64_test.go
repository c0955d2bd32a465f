package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"csl/internal/kernel/plan"
)

// stridedTwin is a product of equally spaced rows in Go, by weights in panels of width columns.
func stridedTwin(m, cin int, x []float32, pitch int, w []float32, width int, y []float32, ldy, cols int, bias, res []float32, slope float32) {
	for i := range m {
		for j := range cols {
			sum := float64(bias[j])
			for c := range cin {
				sum += float64(x[i*pitch+c]) * float64(w[j/width*width*cin+c*width+j%width])
			}
			if res != nil {
				sum += float64(res[i*ldy+j])
			}
			y[i*ldy+j] = plan.Leaky(float32(sum), slope)
		}
	}
}

func TestEvenRowsMatchTwin(t *testing.T) { onEachSet(t, testEvenRowsMatchTwin) }

func testEvenRowsMatchTwin(t *testing.T, isa simdSet) {
	s := isa.simd
	for _, of := range []struct {
		strided       stridedProduct
		panels, width int
	}{{s.stridedNarrow, 1, s.narrow}, {s.strided, 1, s.wide}, {s.stridedPair, 2, s.wide}} {
		strided, panels := of.strided, of.panels
		if strided.run == nil {
			continue // this set computes such rows like all others: see TestGemmMatchesTwin
		}
		for _, c := range []struct{ tiles, cin, pitch, cols, fetch int }{
			{1, 1, 1, 32, 0},
			{1, 7, 9, 31, 1},
			{2, 8, 8, 17, 64},
			{3, 23, 40, 1, 0},
			{2, 64, 64, 16, 64},
			{1, 130, 131, 32, 1000},
		} {
			for _, mode := range []struct {
				res   bool
				slope float32
			}{{false, 1}, {true, 1}, {true, 0}, {false, 0.01}} {
				t.Run(fmt.Sprintf("%dx%d/%+v/%+v", strided.rows, panels*of.width, c, mode), func(t *testing.T) {
					r := rand.New(rand.NewPCG(3, 4))
					m, cols := c.tiles*strided.rows, min(c.cols, of.width)
					if panels > 1 {
						cols = panels * s.wide // two panels are whole
					}
					ldy := cols + 3
					x, w, bias := randoms(r, m*c.pitch), randoms(r, panels*of.width*c.cin), randoms(r, panels*of.width)
					y := randoms(r, m*ldy)
					want := append([]float32(nil), y...)
					var res *float32
					var resTwin []float32
					if mode.res {
						res, resTwin = &y[0], append([]float32(nil), y...)
					}
					also := make([]float32, 1+c.fetch)
					strided.run(m, c.cin, &x[0], c.pitch, &w[0], &y[0], ldy, min(cols, s.wide), &bias[0], res, mode.slope, 48, &also[0], 4*min(c.fetch, 16))
					stridedTwin(m, c.cin, x, c.pitch, w, of.width, want, ldy, cols, bias, resTwin, mode.slope)
					near(t, "y", y, want, 1e-5)
				})
			}
		}
	}
}

func TestProductsOfEveryShapeMatchTwin(t *testing.T) { onEachSet(t, testProductsOfEveryShapeMatchTwin) }

// testProductsOfEveryShapeMatchTwin goes through the ways in which rows and panels are split into tiles.
func testProductsOfEveryShapeMatchTwin(t *testing.T, isa simdSet) {
	s := isa.simd
	r := rand.New(rand.NewPCG(5, 6))
	for rows := 1; rows < 60; rows++ {
		for _, cols := range []int{1, s.narrow, s.wide, s.wide + 1, 2*s.wide + 5, 3 * s.wide, 4*s.wide + s.narrow} {
			for _, cin := range []int{3, 1024} { // with 1,024 pairs of panels pay
				if cin > 3 && rows%5 != 0 {
					continue // they take long
				}
				table, packed := s.pointTable(rows, cin), s.packedCols(cols)
				x, w, bias := randoms(r, rows*cin), randoms(r, packed*cin), randoms(r, packed)
				y := make([]float32, rows*cols)
				want := make([]float32, rows*cols)
				first := rows / 3
				table.multiply(s, &product{
					cin: cin, cols: cols, x: &x[0], zero: &x[0], w: w, y: y[first*cols:], ldy: cols, bias: bias, slope: 0,
				}, first, rows, 0, s.panels(cols))
				wide := min(cols, (s.panels(cols)-1)*s.wide)
				stridedTwin(rows-first, cin, x[first*cin:], cin, w, s.wide, want[first*cols:], cols, wide, bias, nil, 0)
				stridedTwin(rows-first, cin, x[first*cin:], cin, w[wide*cin:], packed-wide, want[first*cols+wide:], cols, cols-wide, bias[wide:], nil, 0)
				near(t, fmt.Sprintf("%d rows, %d columns, %d channels", rows, cols, cin), y, want, 1e-5)
			}
		}
	}
}

func TestJobsTakenInTurnAreConsecutivePiecesOfEachWorker(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 7, 40} {
		for n := range 34 {
			done, last := make([]bool, n), map[int]int{}
			for job := range n {
				piece := inRuns(job, n, workers)
				if piece < 0 || piece >= n || done[piece] {
					t.Fatalf("%d workers, %d jobs: job %d does piece %d, out of range or done before", workers, n, job, piece)
				}
				done[piece] = true
				worker := job % workers
				if before, ok := last[worker]; ok && piece != before+1 {
					t.Errorf("%d workers, %d jobs: worker %d does piece %d after %d", workers, n, worker, piece, before)
				}
				last[worker] = piece
			}
		}
	}
}
