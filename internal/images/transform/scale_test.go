package transform

import (
	"math"
	"strings"
	"testing"

	"csl/internal/images/imagestest"
)

func TestScaleDividesBy255AndNormalises(t *testing.T) {
	m := imagestest.Noise(5, 3, 8)
	plain := make([]float32, len(m.Pix))
	mustScale(t, nil, nil).ToFloat(plain, m)
	mean, std := []float64{0.485, 0.456, 0.406}, []float64{0.229, 0.224, 0.225}
	normal := make([]float32, len(m.Pix))
	mustScale(t, mean, std).ToFloat(normal, m)
	for i, v := range m.Pix {
		if want := float32(v) / 255; plain[i] != want {
			t.Fatalf("value %d: %v, want %v", i, plain[i], want)
		}
		want := (float64(v)/255 - mean[i%3]) / std[i%3]
		if math.Abs(float64(normal[i])-want) > 1e-6 {
			t.Fatalf("value %d: %v, want %v", i, normal[i], want)
		}
	}
}

func TestNewScaleRefusesOddValues(t *testing.T) {
	for _, c := range [][2][]float64{
		{{0.5}, {0.5}},
		{{0, 0, 0}, nil},
		{nil, {1, 1, 1}},
		{{0, 0, 0}, {1, 0, 1}},
		{{0, 0, math.NaN()}, {1, 1, 1}},
		{{0, 0, 0}, {1, math.Inf(1), 1}},
	} {
		if _, err := NewScale(c[0], c[1]); err == nil || !strings.Contains(err.Error(), "mean") {
			t.Errorf("%v: got %v", c, err)
		}
	}
}

func BenchmarkToFloat(b *testing.B) {
	m := imagestest.Noise(224, 224, 1)
	dst := make([]float32, len(m.Pix))
	s := mustScale(b, nil, nil)
	for b.Loop() {
		s.ToFloat(dst, m)
	}
	reportImages(b)
}

func mustScale(t testing.TB, mean, std []float64) *Scale {
	t.Helper()
	s, err := NewScale(mean, std)
	imagestest.Must(t, err)
	return s
}
