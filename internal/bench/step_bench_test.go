package bench

import (
	"fmt"
	"testing"

	"csl/internal/graph"
	"csl/internal/kernel/kerneltest"
)

// BenchmarkStep is for profilers (-cpuprofile, -memprofile): csl bench measures better.
func BenchmarkStep(b *testing.B) {
	for _, o := range []Options{
		{Model: "tresnet_s", Size: 64, Batch: 64, Mode: Train, EMA: true},
		{Model: "tresnet_m", Size: 224, Batch: 1, Mode: Infer},
	} {
		o.Classes = 80
		b.Run(fmt.Sprintf("%s_%s_%dx%dx%d", o.Mode, o.Model, o.Batch, o.Size, o.Size), func(b *testing.B) {
			be, err := graph.NewCPU(0, kerneltest.Best(b))
			if err != nil {
				b.Fatal(err)
			}
			defer be.Close()
			s, err := newSubject(be, o)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.step(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := s.step(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*o.Batch)/b.Elapsed().Seconds(), "img/s")
		})
	}
}
