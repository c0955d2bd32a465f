package transform

import (
	"fmt"
	"math/rand/v2"

	"csl/internal/images"
)

// Augment says how training images are altered, after resizing and before scaling: flipped,
// then a rectangle cut out, then RandAugment. The zero value alters nothing.
type Augment struct {
	// Flip is the chance that an image is mirrored, left to right, 0 to 1. The reference has 0.
	Flip float64
	// Cutout is the side of the rectangle that is painted over, as a share of the image's sides,
	// 0 to 1; 0 for none. The reference has 0.5.
	Cutout float64
	// Ops is the number of RandAugment operations per image; 0 for none, 2 in the reference.
	Ops int
	// Magnitude is the strength of RandAugment's operations, 0 to 30; 9 in the reference.
	Magnitude int
}

// Validate returns an error that names the value out of range.
func (a Augment) Validate() error {
	switch {
	case !(a.Flip >= 0 && a.Flip <= 1):
		return fmt.Errorf("flip %v: want 0 to 1", a.Flip)
	case !(a.Cutout >= 0 && a.Cutout <= 1):
		return fmt.Errorf("cutout %v: want 0 to 1", a.Cutout)
	case a.Ops < 0 || a.Ops > 100:
		return fmt.Errorf("randaugment ops %d: want 0 to 100", a.Ops)
	case a.Magnitude < 0 || a.Magnitude >= magnitudeBins:
		return fmt.Errorf("randaugment magnitude %d: want 0 to %d", a.Magnitude, magnitudeBins-1)
	}
	return nil
}

// Apply alters m with random numbers from rng; tmp is scratch memory.
func (a Augment) Apply(m, tmp *images.RGB, rng *rand.Rand) {
	if a.Flip > 0 && rng.Float64() < a.Flip {
		flip(m)
	}
	if a.Cutout > 0 {
		cutout(m, a.Cutout, rng)
	}
	randAugment(m, tmp, a.Ops, a.Magnitude, rng)
}

// flip mirrors an image, left to right.
func flip(m *images.RGB) {
	for y := range m.H {
		row := m.Row(y)
		for l, r := 0, len(row)-3; l < r; l, r = l+3, r-3 {
			a, b := row[l:l+3:l+3], row[r:r+3:r+3]
			a[0], b[0] = b[0], a[0]
			a[1], b[1] = b[1], a[1]
			a[2], b[2] = b[2], a[2]
		}
	}
}

// cutout paints a rectangle of random colour: its centre is any pixel, its sides are factor times
// the image's, both ends included, less what lies outside (CutoutPIL in the reference's
// helper_functions.py, which swaps width and height; that shows on squares nowhere).
func cutout(m *images.RGB, factor float64, rng *rand.Rand) {
	halfH := int(factor*float64(m.H)+0.5) / 2
	halfW := int(factor*float64(m.W)+0.5) / 2
	y, x := rng.IntN(m.H), rng.IntN(m.W)
	fill := [3]uint8{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256))}
	paint(m, max(x-halfW, 0), max(y-halfH, 0), min(x+halfW, m.W-1), min(y+halfH, m.H-1), fill)
}

// paint fills the rectangle from (x0,y0) to (x1,y1), both included.
func paint(m *images.RGB, x0, y0, x1, y1 int, fill [3]uint8) {
	first := m.Row(y0)[3*x0 : 3*x1+3]
	for i := 0; i < len(first); i += 3 {
		copy(first[i:], fill[:])
	}
	for y := y0 + 1; y <= y1; y++ {
		copy(m.Row(y)[3*x0:], first)
	}
}
