package portable_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"csl/internal/kernel"
	"csl/internal/kernel/portable"
)

// bench runs d with the portable kernels on one worker and reports the GFLOP/s of its fastest run: on
// a busy machine means say little.
func bench(b *testing.B, name string, d kernel.Desc) {
	b.Run(name, func(b *testing.B) {
		k, err := portable.New[float32]().New(d)
		if err != nil {
			b.Fatal(err)
		}
		p := kernel.NewPool(1)
		defer p.Close()
		r := rand.New(rand.NewPCG(1, 1))
		var in [][]float32
		for _, n := range d.Inputs() {
			v := make([]float32, n)
			for j := range v {
				v[j] = r.Float32() - 0.5
			}
			in = append(in, v)
		}
		if _, ok := d.(kernel.ABN); ok {
			for i, v := range in[1] {
				in[1][i] = v * v
			}
		}
		in = kernel.WithPacked(p, k, in)
		out := make([]float32, d.Output())
		c := &kernel.Ctx[float32]{Pool: p, Work: make([]float32, k.Work(1))}
		best := time.Hour
		for b.Loop() {
			start := time.Now()
			k.Run(c, out, in)
			best = min(best, time.Since(start))
		}
		b.ReportMetric(float64(d.FLOPs())/best.Seconds()/1e9, "GFLOP/s")
		b.ReportMetric(float64(best.Nanoseconds())/float64(d.Output()), "ns/element")
	})
}

// benchShapes are convolutions of TResNet-M and -L at 224 pixels, and of the small models.
var benchShapes = []kernel.ConvShape{
	{N: 1, H: 56, W: 56, Ci: 48, Co: 64, K: 3},
	{N: 1, H: 56, W: 56, Ci: 64, Co: 64, K: 3},
	{N: 1, H: 56, W: 56, Ci: 76, Co: 76, K: 3},
	{N: 1, H: 28, W: 28, Ci: 128, Co: 128, K: 3},
	{N: 1, H: 14, W: 14, Ci: 256, Co: 256, K: 3},
	{N: 1, H: 7, W: 7, Ci: 512, Co: 512, K: 3},
	{N: 1, H: 14, W: 14, Ci: 1024, Co: 256, K: 1},
	{N: 1, H: 14, W: 14, Ci: 256, Co: 1024, K: 1},
	{N: 8, H: 8, W: 8, Ci: 32, Co: 32, K: 3},
}

func convName(s kernel.ConvShape) string {
	return fmt.Sprintf("%dx%dx%dx%d-%d-k%d", s.N, s.H, s.W, s.Ci, s.Co, s.K)
}

func BenchmarkPortableConv(b *testing.B) {
	for _, s := range benchShapes {
		bench(b, convName(s), kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Slope: 1}})
	}
}

func BenchmarkPortableConvFixed(b *testing.B) {
	for _, s := range benchShapes {
		bench(b, convName(s), kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true}, ConstWeights: true})
	}
}

func BenchmarkPortableConvDataGrad(b *testing.B) {
	for _, s := range benchShapes {
		bench(b, convName(s), kernel.ConvDataGrad{ConvShape: s})
	}
}

func BenchmarkPortableConvWeightGrad(b *testing.B) {
	for _, s := range benchShapes {
		bench(b, convName(s), kernel.ConvWeightGrad{ConvShape: s})
	}
}

func BenchmarkPortableLinear(b *testing.B) {
	s := kernel.LinearShape{N: 16, In: 2048, Out: 80}
	bench(b, "16x2048-80", kernel.Linear{LinearShape: s})
	bench(b, "16x2048-80-fixed", kernel.Linear{LinearShape: s, ConstWeights: true})
	bench(b, "16x2048-80-dx", kernel.LinearDataGrad{LinearShape: s})
	bench(b, "16x2048-80-dw", kernel.LinearWeightGrad{LinearShape: s})
	bench(b, "16x80-db", kernel.BiasGrad{Rows: 16, C: 80})
}

func BenchmarkPortableABN(b *testing.B) {
	s := kernel.ABNShape{Rows: 4 * 56 * 56, C: 64, Slope: 1e-3}
	bench(b, "stats", kernel.BNStats{Rows: s.Rows, C: s.C})
	bench(b, "forward", kernel.ABN{ABNShape: s})
	bench(b, "eval", kernel.ABNEval{ABNShape: s})
	bench(b, "reduce-y", kernel.ABNReduce{ABNShape: s, FromY: true})
	bench(b, "reduce-z", kernel.ABNReduce{ABNShape: s})
	bench(b, "input-y", kernel.ABNInputGrad{ABNShape: s, FromY: true})
	bench(b, "input-z", kernel.ABNInputGrad{ABNShape: s})
}

func BenchmarkPortableMap(b *testing.B) {
	s := kernel.MapShape{N: 4, H: 56, W: 56, C: 64}
	bench(b, "blur", kernel.BlurPool{MapShape: s})
	bench(b, "blur-grad", kernel.BlurPoolGrad{MapShape: s})
	bench(b, "average", kernel.AvgPool{MapShape: s})
	bench(b, "average-grad", kernel.AvgPoolGrad{MapShape: s})
	bench(b, "global", kernel.GlobalPool{MapShape: s})
	bench(b, "global-grad", kernel.GlobalPoolGrad{MapShape: s})
	bench(b, "scale", kernel.ScaleChannels{MapShape: s})
	bench(b, "scale-grad", kernel.ScaleChannelsGrad{MapShape: s})
	bench(b, "scale-add-relu", kernel.ScaleAddReLU{MapShape: s})
	rgb := kernel.MapShape{N: 4, H: 224, W: 224, C: 3}
	bench(b, "space-to-depth", kernel.SpaceToDepth{MapShape: rgb})
	bench(b, "space-to-depth-grad", kernel.SpaceToDepthGrad{MapShape: rgb})
}

func BenchmarkPortablePointwise(b *testing.B) {
	const n = 4 * 56 * 56 * 64
	bench(b, "relu", kernel.Activate{Len: n, Kind: kernel.ReLU})
	bench(b, "relu-grad", kernel.ActivateGrad{Len: n, Kind: kernel.ReLU})
	bench(b, "sigmoid", kernel.Activate{Len: n, Kind: kernel.Sigmoid})
	bench(b, "sigmoid-grad", kernel.ActivateGrad{Len: n, Kind: kernel.Sigmoid})
	bench(b, "add", kernel.Add{Len: n})
	bench(b, "add-relu", kernel.AddReLU{Len: n})
}
