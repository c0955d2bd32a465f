package predict

import (
	"math"
	"strings"
	"testing"
)

func TestLogitsThatAreNotFiniteNameImageAndClass(t *testing.T) {
	images, classes := []string{"a.jpg", "b.jpg"}, []string{"cat", "dog"}
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		err := Finite([]float32{1, -1e30, float32(bad), 0}, images, classes)
		if err == nil || !strings.Contains(err.Error(), `image "b.jpg", class "cat"`) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := Finite([]float32{3e38, -3e38, 0, 1}, images, classes); err != nil {
		t.Error(err)
	}
}
