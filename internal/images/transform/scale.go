package transform

import (
	"fmt"
	"math"

	"csl/internal/images"
)

// Scale turns samples into network input: a table of 256 float32 values for each of red, green and
// blue.
type Scale struct {
	table [3][256]float32
}

// NewScale returns the scale v/255, or (v/255 - mean[c]) / std[c] where mean and std are given: both
// or neither, three finite values each, no std zero. The arithmetic is float32 in the order of
// torchvision's ToTensor and Normalize, so the values are theirs to the bit.
func NewScale(mean, std []float64) (*Scale, error) {
	s := new(Scale)
	for c := range s.table {
		for v := range s.table[c] {
			s.table[c][v] = float32(v) / 255
		}
	}
	if len(mean) == 0 && len(std) == 0 {
		return s, nil
	}
	if len(mean) != 3 || len(std) != 3 {
		return nil, fmt.Errorf("mean %v and std %v: want three values each, or none", mean, std)
	}
	for c := range s.table {
		m, d := float32(mean[c]), float32(std[c])
		if !(d > 0) || math.IsInf(float64(d), 0) || math.IsNaN(float64(m)) || math.IsInf(float64(m), 0) {
			return nil, fmt.Errorf("mean %v and std %v: want finite means and positive deviations", mean, std)
		}
		for v := range s.table[c] {
			s.table[c][v] = (s.table[c][v] - m) / d
		}
	}
	return s, nil
}

// ToFloat writes the image m into dst, [H,W,3]; dst has exactly m.W*m.H*3 elements.
func (s *Scale) ToFloat(dst []float32, m *images.RGB) {
	src := m.Pix
	dst = dst[:len(src)]
	r, g, b := &s.table[0], &s.table[1], &s.table[2]
	for len(src) >= 3 && len(dst) >= 3 {
		dst[0], dst[1], dst[2] = r[src[0]], g[src[1]], b[src[2]]
		src, dst = src[3:], dst[3:]
	}
}
