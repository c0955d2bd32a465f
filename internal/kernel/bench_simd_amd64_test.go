package kernel

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// benchKernel runs d on so many workers and reports the GFLOP/s of its fastest run and, of one core's
// peak in its fastest moment in between, how much that is: on a busy machine means say little.
func benchKernel(b *testing.B, s Set[float32], d Desc, workers int) {
	k, err := s.New(d)
	if err != nil {
		b.Fatal(err)
	}
	p := NewPool(workers)
	defer p.Close()
	c := &Ctx[float32]{Pool: p, Work: make([]float32, k.Work(workers)), Aux: make([]float32, AuxLen(d))}
	in, out := WithPacked(p, k, operands(d)), make([]float32, d.Output())
	k.Run(c, out, in)
	b.ReportAllocs()
	best, ceiling := time.Hour, 0.0
	for b.Loop() {
		start := time.Now()
		k.Run(c, out, in)
		best = min(best, time.Since(start))
		ceiling = max(ceiling, peak(b))
	}
	rate := float64(d.FLOPs()) / best.Seconds() / 1e9
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/ceiling, "%peak")
}

// benchSet is the assembly set that CSL_KERNELS names, else the fastest.
func benchSet(b *testing.B) simdSet {
	best, err := Choose(os.Getenv("CSL_KERNELS"))
	if err != nil {
		b.Fatal(err)
	}
	set, ok := best.(simdSet)
	if !ok {
		b.Skipf("%s kernels have no assembly", best.Name())
	}
	return set
}

// peak is the GFLOP/s of one core doing nothing but multiply-adds, for a moment.
func peak(b *testing.B) float64 {
	const rounds = 5000
	loop, perRound := MultiplyAddsOf(benchSet(b))
	start := time.Now()
	loop(rounds)
	return float64(rounds*perRound) / time.Since(start).Seconds() / 1e9
}

func (s ConvShape) name() string {
	return fmt.Sprintf("n%d_%dx%d_%dto%d_k%d", s.N, s.H, s.W, s.Ci, s.Co, s.K)
}

// benchShapes are convolutions of TResNet-M and -L at 224 pixels, small enough for a time slice.
func benchShapes() []ConvShape {
	return []ConvShape{
		{1, 56, 56, 64, 64, 3},
		{1, 56, 56, 76, 76, 3},
		{1, 28, 28, 128, 128, 3},
		{1, 28, 28, 152, 152, 3},
		{2, 14, 14, 256, 256, 3},
		{2, 14, 14, 304, 304, 3},
		{1, 7, 7, 512, 512, 3},
		{1, 7, 7, 608, 608, 3},
		{4, 7, 7, 512, 512, 3},
		{1, 56, 56, 48, 64, 3},
		{2, 14, 14, 1024, 256, 1},
		{2, 14, 14, 256, 1024, 1},
		{1, 56, 56, 64, 64, 1},
		{1, 56, 56, 76, 76, 1},
		{4, 7, 7, 2048, 512, 1},
		{2, 14, 14, 304, 1216, 1},
		{2, 14, 14, 1216, 304, 1},
		{4, 7, 7, 2432, 608, 1},
		{4, 7, 7, 608, 2432, 1},
	}
}

// BenchmarkConv is of direct convolutions whose weights are packed once, as at inference.
func BenchmarkConv(b *testing.B) {
	for _, s := range benchShapes() {
		b.Run(s.name(), func(b *testing.B) {
			benchKernel(b, directSet{benchSet(b)}, Conv{ConvShape: s, Epilogue: Epilogue{Bias: true}, ConstWeights: true}, 1)
		})
	}
}

// apartSet runs the two operations of ConvStats one after the other.
type apartSet struct{ simdSet }

func (s apartSet) New(d Desc) (Kernel[float32], error) {
	p := d.(ConvStats)
	conv, err := s.simdSet.New(p.conv())
	if err != nil {
		return nil, err
	}
	stats, err := s.simdSet.New(p.stats())
	return &convStats[float32]{conv: conv, stats: stats}, err
}

// BenchmarkConvStats compares the two ways to the statistics of what Winograd makes, at the sizes of a batch
// of training TResNet-M at 224 pixels.
func BenchmarkConvStats(b *testing.B) {
	for _, s := range []ConvShape{{16, 56, 56, 64, 64, 3}, {16, 28, 28, 128, 128, 3}, {16, 14, 14, 256, 256, 3}} {
		for _, workers := range []int{1, 2} {
			name := fmt.Sprintf("%s/%dthreads", s.name(), workers)
			b.Run(name+"/apart", func(b *testing.B) { benchKernel(b, apartSet{benchSet(b)}, ConvStats{s}, workers) })
			b.Run(name+"/fused", func(b *testing.B) { benchKernel(b, benchSet(b), ConvStats{s}, workers) })
		}
	}
}

func BenchmarkConvDataGrad(b *testing.B) {
	for _, s := range benchShapes() {
		b.Run(s.name(), func(b *testing.B) { benchKernel(b, directSet{benchSet(b)}, ConvDataGrad{ConvShape: s}, 1) })
	}
}

func BenchmarkConvWeightGrad(b *testing.B) {
	for _, s := range benchShapes() {
		b.Run(s.name(), func(b *testing.B) { benchKernel(b, directSet{benchSet(b)}, ConvWeightGrad{s}, 1) })
	}
}

func BenchmarkLinear(b *testing.B) {
	for _, s := range []LinearShape{{16, 2048, 9605}, {16, 2048, 80}, {64, 2048, 512}, {16, 256, 64}} {
		name := fmt.Sprintf("n%d_%dto%d", s.N, s.In, s.Out)
		b.Run("forward_"+name, func(b *testing.B) { benchKernel(b, benchSet(b), Linear{LinearShape: s}, 1) })
		b.Run("datagrad_"+name, func(b *testing.B) { benchKernel(b, benchSet(b), LinearDataGrad{s}, 1) })
		b.Run("weightgrad_"+name, func(b *testing.B) { benchKernel(b, benchSet(b), LinearWeightGrad{s}, 1) })
	}
}

// benchBytes reports GB/s of operands moved by the fastest run.
func benchBytes(b *testing.B, name string, d Desc) {
	for _, set := range []Set[float32]{benchSet(b), Portable[float32]()} {
		b.Run(name+"/"+set.Name(), func(b *testing.B) {
			k, err := set.New(d)
			if err != nil {
				b.Fatal(err)
			}
			p := NewPool(1)
			defer p.Close()
			c := &Ctx[float32]{Pool: p, Work: make([]float32, k.Work(1))}
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
	m := MapShape{N: 2, H: 56, W: 56, C: 64}
	odd := MapShape{N: 2, H: 56, W: 56, C: 76}
	s := ABNShape{Rows: 2 * 56 * 56, C: 76, Slope: 1e-3}
	benchBytes(b, "Add", Add{m.len()})
	benchBytes(b, "ActivateGrad", ActivateGrad{m.len(), ReLU})
	benchBytes(b, "ScaleAddReLU", ScaleAddReLU{odd})
	benchBytes(b, "BNStats", BNStats{m.N * m.H * m.W, m.C})
	benchBytes(b, "ABN", ABN{s})
	benchBytes(b, "ABNAddReLU", ABNAddReLU{3136, 1024})
	benchBytes(b, "ABNReduceY", ABNReduce{s, true})
	benchBytes(b, "ABNReduceZ", ABNReduce{s, false})
	benchBytes(b, "ABNInputGradY", ABNInputGrad{s, true})
	benchBytes(b, "ABNInputGradZ", ABNInputGrad{s, false})
	benchBytes(b, "BlurPool", BlurPool{m})
	benchBytes(b, "BlurPoolGrad", BlurPoolGrad{m})
	benchBytes(b, "AvgPool", AvgPool{m})
	benchBytes(b, "GlobalPool", GlobalPool{MapShape{8, 7, 7, 2048}})
	benchBytes(b, "GlobalPoolGrad", GlobalPoolGrad{MapShape{8, 7, 7, 2048}})
	benchBytes(b, "ScaleChannelsGrad", ScaleChannelsGrad{m})
	benchBytes(b, "SqueezeGrad", SqueezeGrad{m})
}

// BenchmarkWinograd runs Winograd and direct convolution in turn and reports the effective GFLOP/s of
// both by their fastest runs and the ratio: the measurements behind winogradPays.
func BenchmarkWinograd(b *testing.B) {
	for _, c := range []struct{ hw, ch int }{{56, 64}, {56, 76}, {28, 128}, {28, 152}, {14, 256}, {14, 304}, {7, 512}} {
		for _, n := range []int{1, 4, 16} {
			s := ConvShape{n, c.hw, c.hw, c.ch, c.ch, 3}
			for name, d := range map[string]Desc{
				"fixed":      Conv{ConvShape: s, Epilogue: Epilogue{Bias: true}, ConstWeights: true},
				"datagrad":   ConvDataGrad{ConvShape: s},
				"weightgrad": ConvWeightGrad{s},
			} {
				b.Run(name+"/"+s.name(), func(b *testing.B) { compare(b, d, 1) })
			}
		}
	}
}

// compare runs d by both algorithms.
func compare(b *testing.B, d Desc, workers int) {
	wino, err := winogradSet{benchSet(b), winoLarge}.New(d)
	if err != nil {
		b.Fatal(err)
	}
	direct, err := directSet{benchSet(b)}.New(d)
	if err != nil {
		b.Fatal(err)
	}
	p := NewPool(workers)
	defer p.Close()
	in, out := operands(d), make([]float32, d.Output())
	best := [2]time.Duration{time.Hour, time.Hour}
	kernels := [2]Kernel[float32]{direct, wino}
	c := &Ctx[float32]{Pool: p, Work: make([]float32, max(direct.Work(workers), wino.Work(workers)))}
	var operands [2][][]float32
	for i, k := range kernels {
		operands[i] = WithPacked(p, k, in)
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
