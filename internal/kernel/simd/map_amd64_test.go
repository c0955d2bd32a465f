package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"csl/internal/kernel/plan"
)

const (
	twinSlope = float32(0.25)
	twinUndo  = 1 / twinSlope
)

// twinGradY and twinGradZ are t and dz' of ABN's backward pass.
func twinGradY(y, dy, beta float32) (t, g float32) {
	if y < 0 {
		return y*twinUndo - beta, dy * twinSlope
	}
	return y - beta, dy
}

func twinGradZ(z, dy, mean, scale, beta float32) (t, g float32) {
	t = z - mean
	if t*scale+beta < 0 {
		return t, dy * twinSlope
	}
	return t, dy
}

// sweepTwins is every elementwise function: in are values of the inputs, ch of the channel's vectors.
func sweepTwins(s *simd) []struct {
	name     string
	in, ch   int
	assembly func(rows, c int, out *float32, in, ch []*float32)
	twin     func(in, ch []float32) float32
} {
	type vectors = []*float32
	return []struct {
		name     string
		in, ch   int
		assembly func(rows, c int, out *float32, in, ch []*float32)
		twin     func(in, ch []float32) float32
	}{
		{
			"add", 2, 0, func(r, c int, out *float32, in, _ vectors) { s.add(r, c, out, in[0], in[1]) },
			func(in, _ []float32) float32 { return in[0] + in[1] },
		},
		{
			"addReLU", 2, 0, func(r, c int, out *float32, in, _ vectors) { s.addReLU(r, c, out, in[0], in[1]) },
			func(in, _ []float32) float32 { return plan.ReLU(in[0] + in[1]) },
		},
		{
			"relu", 1, 0, func(r, c int, out *float32, in, _ vectors) { s.relu(r, c, out, in[0]) },
			func(in, _ []float32) float32 { return plan.ReLU(in[0]) },
		},
		{
			"reluGrad", 2, 0, func(r, c int, out *float32, in, _ vectors) { s.reluGrad(r, c, out, in[0], in[1]) },
			func(in, _ []float32) float32 {
				if in[0] > 0 {
					return in[1]
				}
				return 0
			},
		},
		{
			"scale", 1, 1, func(r, c int, out *float32, in, ch vectors) { s.scale(r, c, out, in[0], ch[0]) },
			func(in, ch []float32) float32 { return in[0] * ch[0] },
		},
		{
			"scaleAddReLU", 2, 1, func(r, c int, out *float32, in, ch vectors) { s.scaleAddReLU(r, c, out, in[0], in[1], ch[0]) },
			func(in, ch []float32) float32 { return plan.ReLU(in[0]*ch[0] + in[1]) },
		},
		{
			"normalise", 1, 3, func(r, c int, out *float32, in, ch vectors) {
				s.normalise(r, c, out, in[0], ch[0], ch[1], ch[2], twinSlope)
			},
			func(in, ch []float32) float32 { return plan.Leaky((in[0]-ch[0])*ch[1]+ch[2], twinSlope) },
		},
		{
			"normalise to ReLU", 1, 3, func(r, c int, out *float32, in, ch vectors) { s.normalise(r, c, out, in[0], ch[0], ch[1], ch[2], 0) },
			func(in, ch []float32) float32 { return plan.ReLU((in[0]-ch[0])*ch[1] + ch[2]) },
		},
		{
			"normGradY", 2, 4, func(r, c int, out *float32, in, ch vectors) {
				s.normGradY(r, c, out, in[0], in[1], ch[0], ch[1], ch[2], ch[3], twinSlope, twinUndo)
			},
			func(in, ch []float32) float32 {
				t, g := twinGradY(in[0], in[1], ch[1])
				return ch[0]*g + ch[2]*t + ch[3]
			},
		},
		{
			"normGradZ", 2, 5, func(r, c int, out *float32, in, ch vectors) {
				s.normGradZ(r, c, out, in[0], in[1], ch[0], ch[1], ch[2], ch[3], ch[4], twinSlope)
			},
			func(in, ch []float32) float32 {
				t, g := twinGradZ(in[0], in[1], ch[0], ch[1], ch[2])
				return ch[1]*g + ch[3]*t + ch[4]
			},
		},
	}
}

// at is element i of every vector.
func at(vectors [][]float32, i int) []float32 {
	var values []float32
	for _, v := range vectors {
		values = append(values, v[i])
	}
	return values
}

func randomVectors(r *rand.Rand, count, n int) (vectors [][]float32, first []*float32) {
	for range count {
		v := randoms(r, n)
		vectors, first = append(vectors, v), append(first, &v[0])
	}
	return vectors, first
}

// Into fresh memory and into the first input.
func TestSweepsMatchTwins(t *testing.T) { onEachSet(t, testSweepsMatchTwins) }

func testSweepsMatchTwins(t *testing.T, isa simdSet) {
	lanes := isa.simd.lanes
	for _, f := range sweepTwins(isa.simd) {
		for _, shape := range [][2]int{{1, lanes}, {3, 2 * lanes}, {1, lanes + 3}, {5, lanes + 4}, {4, 76}, {2, 3*lanes - 1}} {
			t.Run(fmt.Sprintf("%s/%dx%d", f.name, shape[0], shape[1]), func(t *testing.T) {
				rows, c := shape[0], shape[1]
				r := rand.New(rand.NewPCG(5, 6))
				in, inFirst := randomVectors(r, f.in, rows*c)
				ch, chFirst := randomVectors(r, f.ch, c)
				want, got := make([]float32, rows*c), make([]float32, rows*c+1)
				for i := range want {
					want[i] = f.twin(at(in, i), at(ch, i%c))
				}
				got[rows*c] = 42
				f.assembly(rows, c, &got[0], inFirst, chFirst)
				near(t, "out", got[:rows*c], want, 1e-6)
				if got[rows*c] != 42 {
					t.Fatal("wrote past the end")
				}
				f.assembly(rows, c, inFirst[0], inFirst, chFirst)
				if !slices.Equal(in[0], got[:rows*c]) {
					t.Fatal("in place differs")
				}
			})
		}
	}
}

func TestSweepsKeepNaNAndReLUOfInfinityIsZero(t *testing.T) {
	onEachSet(t, testSweepsKeepNaNAndReLUOfInfinityIsZero)
}

func testSweepsKeepNaNAndReLUOfInfinityIsZero(t *testing.T, isa simdSet) {
	s := isa.simd
	nan, low := float32(math.NaN()), float32(math.Inf(-1))
	x := slices.Repeat([]float32{nan, 1, low, -2, 0, 5, low, nan}, 2)
	expect := slices.Repeat([]float32{nan, 1, 0, 0, 0, 5, 0, nan}, 2)
	n := len(x)
	zero, one, out := make([]float32, n), slices.Repeat([]float32{1}, n), make([]float32, n)
	for name, run := range map[string]func(){
		"relu":         func() { s.relu(1, n, &out[0], &x[0]) },
		"addReLU":      func() { s.addReLU(1, n, &out[0], &x[0], &zero[0]) },
		"scaleAddReLU": func() { s.scaleAddReLU(1, n, &out[0], &x[0], &zero[0], &one[0]) },
		"normalise":    func() { s.normalise(1, n, &out[0], &x[0], &zero[0], &one[0], &zero[0], 0) },
	} {
		run()
		for i, want := range expect {
			if same := out[i] == want || want != want && out[i] != out[i]; !same {
				t.Errorf("%s(%g) is %g, want %g", name, x[i], out[i], want)
			}
		}
	}
}

func TestColumnSumsMatchTwins(t *testing.T) { onEachSet(t, testColumnSumsMatchTwins) }

func testColumnSumsMatchTwins(t *testing.T, isa simdSet) {
	s := isa.simd
	for _, shape := range [][2]int{{1, s.lanes}, {2, s.lanes + 5}, {7, 2 * s.lanes}, {8, s.lanes + 1}, {9, 76}, {40, s.lanes}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) { columnSumsMatch(t, s, shape[0], shape[1]) })
	}
}

// columnSumsMatch compares all sums over rows, which are added to ones.
func columnSumsMatch(t *testing.T, s *simd, rows, c int) {
	stride, slots := c+3, s.slots(c)
	r := rand.New(rand.NewPCG(7, 8))
	x, dy := randoms(r, rows*stride), randoms(r, rows*stride)
	ch, p := randomVectors(r, 3, c)
	for _, f := range []struct {
		name     string
		assembly func(s1, s2 *float64)
		twin     func(x, dy float32, i int) (a, b float32)
	}{
		{
			"sums", func(s1, _ *float64) { s.sums(rows, c, stride, &x[0], s1) },
			func(x, _ float32, _ int) (a, b float32) { return x, 0 },
		},
		{
			"products", func(_, s2 *float64) { s.products(rows, c, stride, &x[0], &dy[0], s2) },
			func(x, dy float32, _ int) (a, b float32) { return 0, x * dy },
		},
		{
			"moments", func(s1, s2 *float64) { s.moments(rows, c, stride, &x[0], p[0], s1, s2) },
			func(x, _ float32, i int) (a, b float32) { return x - ch[0][i], (x - ch[0][i]) * (x - ch[0][i]) },
		},
		{
			"normSumsY", func(s1, s2 *float64) {
				s.normSumsY(rows, c, stride, &x[0], &dy[0], p[0], twinSlope, twinUndo, s1, s2)
			},
			func(x, dy float32, i int) (a, b float32) {
				t, g := twinGradY(x, dy, ch[0][i])
				return g, g * t
			},
		},
		{
			"normSumsZ", func(s1, s2 *float64) {
				s.normSumsZ(rows, c, stride, &x[0], &dy[0], p[0], p[1], p[2], twinSlope, s1, s2)
			},
			func(x, dy float32, i int) (a, b float32) {
				t, g := twinGradZ(x, dy, ch[0][i], ch[1][i], ch[2][i])
				return g, g * t
			},
		},
	} {
		sums := make([]float64, 2*slots+1)
		for i := range sums {
			sums[i] = 1
		}
		f.assembly(&sums[0], &sums[slots])
		for i := range c {
			a, b := 1.0, 1.0
			for row := range rows {
				da, db := f.twin(x[row*stride+i], dy[row*stride+i], i)
				a, b = a+float64(da), b+float64(db)
			}
			got := [2]float64{sums[s.slot(i, c)], sums[slots+s.slot(i, c)]}
			if d := math.Hypot(got[0]-a, got[1]-b); !(d <= 2e-6*math.Sqrt(float64(rows))) {
				t.Errorf("%s: channel %d has %g, want %g and %g", f.name, i, got, a, b)
			}
		}
		if sums[2*slots] != 1 {
			t.Fatalf("%s wrote past the end", f.name)
		}
	}
}

func TestBlendMatchesTwin(t *testing.T) { onEachSet(t, testBlendMatchesTwin) }

func testBlendMatchesTwin(t *testing.T, isa simdSet) {
	s := isa.simd
	r := rand.New(rand.NewPCG(9, 10))
	for _, c := range []int{s.lanes, s.lanes + 1, 2 * s.lanes, 76} {
		const n = 5
		src, weight := randoms(r, 4*c), randoms(r, n*maxTaps)
		off := make([]int32, n*maxTaps)
		for i := range off {
			off[i] = int32(r.IntN(4) * c)
		}
		got, want := make([]float32, n*c), make([]float32, n*c)
		s.blend3(n, c, &got[0], &src[0], &off[0], &weight[0])
		for i := range want {
			for t := range maxTaps {
				k := i/c*maxTaps + t
				want[i] += weight[k] * src[int(off[k])+i%c]
			}
		}
		near(t, "blend", got, want, 1e-6)
	}
}

func TestPacksMatchTwins(t *testing.T) { onEachSet(t, testPacksMatchTwins) }

func testPacksMatchTwins(t *testing.T, isa simdSet) {
	s := isa.simd
	r := rand.New(rand.NewPCG(11, 12))
	for _, p := range s.packs {
		const rows, stride = 5, 35
		src, got := randoms(r, rows*stride), make([]float32, rows*p.width)
		p.pack(&got[0], &src[0], rows, stride)
		for i, v := range got {
			if want := src[i/p.width*stride+i%p.width]; v != want {
				t.Fatalf("pack of %d: element %d is %g, want %g", p.width, i, v, want)
			}
		}
	}
	const blocks, stride, width = 3, 29, 11
	src, got, want := randoms(r, 8*stride), make([]float32, 8*blocks*width), make([]float32, 8*blocks*width)
	s.transpose8(&got[0], &src[0], blocks, stride, width)
	transposeFrom(0, want, src, 8, 8*blocks, stride, width)
	if !slices.Equal(got, want) {
		t.Fatal("transpose8 differs from its twin")
	}
}
