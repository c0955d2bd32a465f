package model

import (
	"errors"
	"fmt"
	"testing"
)

// benchShapes are nets small enough for `go test -bench`; csl bench times the large ones.
var benchShapes = []struct {
	model       string
	batch, side int
}{{"tresnet_s", 16, 64}, {"tresnet_m", 1, 224}}

func benchName(model string, batch, side int) string {
	return fmt.Sprintf("%s_%dx%dx%d", model, batch, side, side)
}

func BenchmarkTrainStep(b *testing.B) {
	for _, s := range benchShapes {
		b.Run(benchName(s.model, s.batch, s.side), func(b *testing.B) {
			w := newWeights(b, s.model, 80)
			w.Init(1)
			n, err := NewTrainNet(newCPU(b, 0), w, Options{Batch: s.batch, Height: s.side, Width: s.side}, defaultLoss(b))
			if err != nil {
				b.Fatal(err)
			}
			drop := func(int, []float32) error { return nil }
			run := func() error { return errors.Join(n.Forward(), n.Backward(drop)) }
			benchRuns(b, run, n.Input(), s.batch)
		})
	}
}

func BenchmarkInfer(b *testing.B) {
	for _, s := range benchShapes {
		b.Run(benchName(s.model, s.batch, s.side), func(b *testing.B) {
			w := newWeights(b, s.model, 80)
			w.Init(1)
			n, err := NewInferNet(newCPU(b, 0), w, Options{Batch: s.batch, Height: s.side, Width: s.side})
			if err != nil {
				b.Fatal(err)
			}
			benchRuns(b, n.Run, n.Input(), s.batch)
		})
	}
}

func benchRuns(b *testing.B, run func() error, input []float32, batch int) {
	b.Helper()
	copy(input, pixels(len(input)))
	for b.Loop() {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "img/s")
}
