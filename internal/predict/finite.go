package predict

import (
	"fmt"
	"math"
)

// NotFinite is an output of a model that is infinite or NaN: such a network is broken, whatever its
// sigmoid looks like.
type NotFinite struct {
	Image, Class string  // names of image and class
	Value        float32 // NaN or infinite
}

// Error says what to think of the model.
func (e *NotFinite) Error() string {
	return fmt.Sprintf("image %q, class %q: the model's output is %v, not a finite number: its weights are damaged, or its training diverged",
		e.Image, e.Class, e.Value)
}

// Finite is a [*NotFinite] if a logit is infinite or NaN. logits are [images, classes], row-major.
func Finite(logits []float32, images, classes []string) error {
	for i, z := range logits {
		if d := float64(z); math.IsNaN(d) || math.IsInf(d, 0) {
			return &NotFinite{Image: images[i/len(classes)], Class: classes[i%len(classes)], Value: z}
		}
	}
	return nil
}
