package simd

import (
	"fmt"
	"os"
	"testing"
	"time"

	"csl/internal/kernel"
	"csl/internal/kernel/plan"
	"csl/internal/kernel/portable"
)

// benchKernel runs d on so many workers and reports the GFLOP/s of its fastest run and, of one core's
// peak in its fastest moment in between, how much that is: on a busy machine means say little.
func benchKernel(b *testing.B, s kernel.Set[float32], d kernel.Desc, workers int) {
	k, err := s.New(d)
	if err != nil {
		b.Fatal(err)
	}
	p := kernel.NewPool(workers)
	defer p.Close()
	c := &kernel.Ctx[float32]{Pool: p, Work: make([]float32, k.Work(workers)), Aux: make([]float32, kernel.AuxLen(d))}
	in, out := kernel.WithPacked(p, k, operands(d)), make([]float32, d.Output())
	k.Run(c, out, in)
	b.ReportAllocs()
	best, ceiling := time.Hour, kernel.NewCeiling(benchSet(b), 1)
	for b.Loop() {
		start := time.Now()
		k.Run(c, out, in)
		best = min(best, time.Since(start))
		ceiling.Try()
	}
	rate := float64(d.FLOPs()) / best.Seconds() / 1e9
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*1e9*rate/ceiling.FLOPs(), "%peak")
}

// benchSet is the assembly set that CSL_KERNELS names, else the fastest.
func benchSet(b *testing.B) simdSet {
	name := os.Getenv("CSL_KERNELS")
	for _, s := range Sets() {
		if name == "" || s.Name() == name {
			return s.(simdSet)
		}
	}
	b.Skipf("CSL_KERNELS=%q: no such assembly set here", name)
	return simdSet{}
}

// shapeName is the name of a benchmark of s.
func shapeName(s kernel.ConvShape) string {
	return fmt.Sprintf("n%d_%dx%d_%dto%d_k%d", s.N, s.H, s.W, s.Ci, s.Co, s.K)
}

// benchShapes are convolutions of TResNet-M and -L at 224 pixels, small enough for a time slice.
func benchShapes() []kernel.ConvShape {
	return []kernel.ConvShape{
		{N: 1, H: 56, W: 56, Ci: 64, Co: 64, K: 3},
		{N: 1, H: 56, W: 56, Ci: 76, Co: 76, K: 3},
		{N: 1, H: 28, W: 28, Ci: 128, Co: 128, K: 3},
		{N: 1, H: 28, W: 28, Ci: 152, Co: 152, K: 3},
		{N: 2, H: 14, W: 14, Ci: 256, Co: 256, K: 3},
		{N: 2, H: 14, W: 14, Ci: 304, Co: 304, K: 3},
		{N: 1, H: 7, W: 7, Ci: 512, Co: 512, K: 3},
		{N: 1, H: 7, W: 7, Ci: 608, Co: 608, K: 3},
		{N: 4, H: 7, W: 7, Ci: 512, Co: 512, K: 3},
		{N: 1, H: 56, W: 56, Ci: 48, Co: 64, K: 3},
		{N: 2, H: 14, W: 14, Ci: 1024, Co: 256, K: 1},
		{N: 2, H: 14, W: 14, Ci: 256, Co: 1024, K: 1},
		{N: 1, H: 56, W: 56, Ci: 64, Co: 64, K: 1},
		{N: 1, H: 56, W: 56, Ci: 76, Co: 76, K: 1},
		{N: 4, H: 7, W: 7, Ci: 2048, Co: 512, K: 1},
		{N: 2, H: 14, W: 14, Ci: 304, Co: 1216, K: 1},
		{N: 2, H: 14, W: 14, Ci: 1216, Co: 304, K: 1},
		{N: 4, H: 7, W: 7, Ci: 2432, Co: 608, K: 1},
		{N: 4, H: 7, W: 7, Ci: 608, Co: 2432, K: 1},
	}
}

// BenchmarkConv is of direct convolutions whose weights are packed once, as at inference.
func BenchmarkConv(b *testing.B) {
	for _, s := range benchShapes() {
		b.Run(shapeName(s), func(b *testing.B) {
			benchKernel(b, directSet{benchSet(b)}, kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true}, ConstWeights: true}, 1)
		})
	}
}

// apartSet runs the two operations of ConvStats one after the other.
type apartSet struct{ simdSet }

func (s apartSet) New(d kernel.Desc) (kernel.Kernel[float32], error) {
	p := d.(kernel.ConvStats)
	conv, err := s.simdSet.New(p.Conv())
	if err != nil {
		return nil, err
	}
	stats, err := s.simdSet.New(p.Stats())
	return &plan.ConvStats[float32]{Conv: conv, Stats: stats}, err
}

// BenchmarkConvStats compares the two ways to the statistics of what Winograd makes, at the sizes of a batch
// of training TResNet-M at 224 pixels.
func BenchmarkConvStats(b *testing.B) {
	for _, s := range []kernel.ConvShape{{N: 16, H: 56, W: 56, Ci: 64, Co: 64, K: 3}, {N: 16, H: 28, W: 28, Ci: 128, Co: 128, K: 3}, {N: 16, H: 14, W: 14, Ci: 256, Co: 256, K: 3}} {
		for _, workers := range []int{1, 2} {
			name := fmt.Sprintf("%s/%dthreads", shapeName(s), workers)
			b.Run(name+"/apart", func(b *testing.B) { benchKernel(b, apartSet{benchSet(b)}, kernel.ConvStats{ConvShape: s}, workers) })
			b.Run(name+"/fused", func(b *testing.B) { benchKernel(b, benchSet(b), kernel.ConvStats{ConvShape: s}, workers) })
		}
	}
}

// BenchmarkTrainingConv is the three passes over the 3x3 and 1x1 convolutions of TResNet-M at 224 pixels, batch
// 16, by the kernels that training takes.
func BenchmarkTrainingConv(b *testing.B) {
	for _, s := range []kernel.ConvShape{
		{N: 16, H: 56, W: 56, Ci: 64, Co: 64, K: 3},
		{N: 16, H: 28, W: 28, Ci: 128, Co: 128, K: 3},
		{N: 16, H: 28, W: 28, Ci: 256, Co: 256, K: 3},
		{N: 16, H: 14, W: 14, Ci: 256, Co: 256, K: 3},
		{N: 16, H: 14, W: 14, Ci: 512, Co: 512, K: 3},
		{N: 16, H: 7, W: 7, Ci: 512, Co: 512, K: 3},
		{N: 16, H: 14, W: 14, Ci: 1024, Co: 256, K: 1},
		{N: 16, H: 14, W: 14, Ci: 256, Co: 1024, K: 1},
		{N: 16, H: 7, W: 7, Ci: 512, Co: 2048, K: 1},
	} {
		b.Run(shapeName(s)+"/forward", func(b *testing.B) { benchKernel(b, benchSet(b), kernel.ConvStats{ConvShape: s}, 1) })
		b.Run(shapeName(s)+"/input", func(b *testing.B) { benchKernel(b, benchSet(b), kernel.ConvDataGrad{ConvShape: s}, 1) })
		b.Run(shapeName(s)+"/weights", func(b *testing.B) { benchKernel(b, benchSet(b), kernel.ConvWeightGrad{ConvShape: s}, 1) })
	}
}

func BenchmarkConvDataGrad(b *testing.B) {
	for _, s := range benchShapes() {
		b.Run(shapeName(s), func(b *testing.B) { benchKernel(b, directSet{benchSet(b)}, kernel.ConvDataGrad{ConvShape: s}, 1) })
	}
}

func BenchmarkConvWeightGrad(b *testing.B) {
	for _, s := range benchShapes() {
		b.Run(shapeName(s), func(b *testing.B) { benchKernel(b, directSet{benchSet(b)}, kernel.ConvWeightGrad{ConvShape: s}, 1) })
	}
}

func BenchmarkLinear(b *testing.B) {
	for _, s := range []kernel.LinearShape{{N: 16, In: 2048, Out: 9605}, {N: 16, In: 2048, Out: 80}, {N: 64, In: 2048, Out: 512}, {N: 16, In: 256, Out: 64}} {
		name := fmt.Sprintf("n%d_%dto%d", s.N, s.In, s.Out)
		b.Run("forward_"+name, func(b *testing.B) { benchKernel(b, benchSet(b), kernel.Linear{LinearShape: s}, 1) })
		b.Run("datagrad_"+name, func(b *testing.B) { benchKernel(b, benchSet(b), kernel.LinearDataGrad{LinearShape: s}, 1) })
		b.Run("weightgrad_"+name, func(b *testing.B) { benchKernel(b, benchSet(b), kernel.LinearWeightGrad{LinearShape: s}, 1) })
	}
}

// benchBytes reports GB/s of operands moved by the fastest run.
func benchBytes(b *testing.B, name string, d kernel.Desc) {
	for _, set := range []kernel.Set[float32]{benchSet(b), portable.New[float32]()} {
		b.Run(name+"/"+set.Name(), func(b *testing.B) {
			k, err := set.New(d)
			if err != nil {
				b.Fatal(err)
			}
			p := kernel.NewPool(1)
			defer p.Close()
			c := &kernel.Ctx[float32]{Pool: p, Work: make([]float32, k.Work(1))}
			in, out := operands(d), make([]float32, d.Output())
			bytes := 4 * d.Output()
			for _, v := range in {
				bytes += 4 * len(v)
			}
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				k.Run(c, out, in)
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(bytes)/best.Seconds()/1e9, "GB/s")
		})
	}
}

func BenchmarkBandwidth(b *testing.B) {
	m := kernel.MapShape{N: 2, H: 56, W: 56, C: 64}
	odd := kernel.MapShape{N: 2, H: 56, W: 56, C: 76}
	s := kernel.ABNShape{Rows: 2 * 56 * 56, C: 76, Slope: 1e-3}
	benchBytes(b, "Add", kernel.Add{Len: m.Len()})
	benchBytes(b, "ActivateGrad", kernel.ActivateGrad{Len: m.Len(), Kind: kernel.ReLU})
	benchBytes(b, "ScaleAddReLU", kernel.ScaleAddReLU{MapShape: odd})
	benchBytes(b, "BNStats", kernel.BNStats{Rows: m.N * m.H * m.W, C: m.C})
	benchBytes(b, "ABN", kernel.ABN{ABNShape: s})
	benchBytes(b, "ABNAddReLU", kernel.ABNAddReLU{Rows: 3136, C: 1024})
	benchBytes(b, "ABNReduceY", kernel.ABNReduce{ABNShape: s, FromY: true})
	benchBytes(b, "ABNReduceZ", kernel.ABNReduce{ABNShape: s, FromY: false})
	benchBytes(b, "ABNInputGradY", kernel.ABNInputGrad{ABNShape: s, FromY: true})
	benchBytes(b, "ABNInputGradZ", kernel.ABNInputGrad{ABNShape: s, FromY: false})
	benchBytes(b, "BlurPool", kernel.BlurPool{MapShape: m})
	benchBytes(b, "BlurPoolGrad", kernel.BlurPoolGrad{MapShape: m})
	benchBytes(b, "AvgPool", kernel.AvgPool{MapShape: m})
	benchBytes(b, "GlobalPool", kernel.GlobalPool{MapShape: kernel.MapShape{N: 8, H: 7, W: 7, C: 2048}})
	benchBytes(b, "GlobalPoolGrad", kernel.GlobalPoolGrad{MapShape: kernel.MapShape{N: 8, H: 7, W: 7, C: 2048}})
	benchBytes(b, "ScaleChannelsGrad", kernel.ScaleChannelsGrad{MapShape: m})
	benchBytes(b, "SqueezeGrad", kernel.SqueezeGrad{MapShape: m})
}

// BenchmarkWinograd runs Winograd and direct convolution in turn and reports the effective GFLOP/s of
// both by their fastest runs and the ratio: the measurements behind winogradPays.
func BenchmarkWinograd(b *testing.B) {
	for _, c := range []struct{ hw, ch int }{{56, 64}, {56, 76}, {28, 128}, {28, 152}, {14, 256}, {14, 304}, {7, 512}} {
		for _, n := range []int{1, 4, 16} {
			s := kernel.ConvShape{N: n, H: c.hw, W: c.hw, Ci: c.ch, Co: c.ch, K: 3}
			for name, d := range map[string]kernel.Desc{
				"fixed":      kernel.Conv{ConvShape: s, Epilogue: kernel.Epilogue{Bias: true}, ConstWeights: true},
				"datagrad":   kernel.ConvDataGrad{ConvShape: s},
				"weightgrad": kernel.ConvWeightGrad{ConvShape: s},
			} {
				b.Run(name+"/"+shapeName(s), func(b *testing.B) { compare(b, d, 1) })
			}
		}
	}
}

// compare runs d by both algorithms.
func compare(b *testing.B, d kernel.Desc, workers int) {
	wino, err := winogradSet{benchSet(b), winoLarge}.New(d)
	if err != nil {
		b.Fatal(err)
	}
	direct, err := directSet{benchSet(b)}.New(d)
	if err != nil {
		b.Fatal(err)
	}
	p := kernel.NewPool(workers)
	defer p.Close()
	in, out := operands(d), make([]float32, d.Output())
	best := [2]time.Duration{time.Hour, time.Hour}
	kernels := [2]kernel.Kernel[float32]{direct, wino}
	c := &kernel.Ctx[float32]{Pool: p, Work: make([]float32, max(direct.Work(workers), wino.Work(workers)))}
	var operands [2][][]float32
	for i, k := range kernels {
		operands[i] = kernel.WithPacked(p, k, in)
		k.Run(c, out, operands[i])
	}
	for b.Loop() {
		for i, k := range kernels {
			start := time.Now()
			k.Run(c, out, operands[i])
			best[i] = min(best[i], time.Since(start))
		}
	}
	for i, name := range []string{"direct-GFLOP/s", "winograd-GFLOP/s"} {
		b.ReportMetric(float64(d.FLOPs())/best[i].Seconds()/1e9, name)
	}
	b.ReportMetric(best[0].Seconds()/best[1].Seconds(), "ratio")
}
