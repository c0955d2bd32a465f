package predict

import (
	"fmt"
	"math"
)

// Finite is an error that names image and class if a logit is infinite or NaN: such a network is
// broken, whatever its sigmoid looks like. logits are [images, classes], row-major.
func Finite(logits []float32, images, classes []string) error {
	for i, z := range logits {
		if d := float64(z); math.IsNaN(d) || math.IsInf(d, 0) {
			return fmt.Errorf("image %q, class %q: the model's output is %v, not a finite number: its weights are damaged, or its training diverged",
				images[i/len(classes)], classes[i%len(classes)], z)
		}
	}
	return nil
}
