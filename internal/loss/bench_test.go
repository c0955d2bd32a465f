package loss

import (
	"fmt"
	"testing"

	"csl/internal/kernel"
	"csl/internal/kernel/kerneltest"
)

// BenchmarkPartialLoss runs loss and gradient at the size of Open Images: 64 images, 9,605 classes.
func BenchmarkPartialLoss(b *testing.B) {
	const rows, classes = 64, 9605
	logits, labels := sample(20, rows*classes, 2, 0.999)
	for i := range logits {
		logits[i] -= 5
	}
	pool := kernel.NewPool(1)
	defer pool.Close()
	for _, mode := range Modes() {
		for _, gamma := range []float64{4, 2.5} {
			b.Run(fmt.Sprintf("%s-gamma%v/%dx%d", mode, gamma, rows, classes), func(b *testing.B) {
				c := Defaults()
				c.Mode, c.GammaUnann, c.PriorThreshold = mode, gamma, 0.5
				e, err := New[float32](kerneltest.Best(b), c, make([]float32, classes), rows, classes)
				if err != nil {
					b.Fatal(err)
				}
				grad := make([]float32, len(logits))
				for b.Loop() {
					e.Run(pool, logits, labels, grad)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(logits)), "ns/cell")
			})
		}
	}
}
