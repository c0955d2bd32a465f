package transform

import (
	"math"
	"math/rand/v2"

	"csl/internal/images"
)

// magnitudeBins is the number of strengths that an operation's range is divided into.
const magnitudeBins = 31

// operation is one of RandAugment's.
type operation struct {
	name string
	// magnitude is the operation's parameter at a bin, for images of w x h.
	magnitude func(bin, w, h int) float64
	signed    bool // the magnitude is negated at random
	// apply alters m; tmp is scratch memory, and the two may change places.
	apply func(m, tmp *images.RGB, magnitude float64)
}

// operations are those of torchvision's RandAugment in its order (0.14; autoaugment.py,
// _augmentation_space and _apply_op), on Pillow images, with nearest interpolation and black
// beyond the edges, as it does by default.
func operations() [14]operation {
	none := func(int, int, int) float64 { return 0 }
	upTo := func(end float64) func(int, int, int) float64 {
		return func(bin, _, _ int) float64 { return linspace(0, end, bin) }
	}
	return [...]operation{
		{"Identity", none, false, func(*images.RGB, *images.RGB, float64) {}},
		{"ShearX", upTo(0.3), true, shearX},
		{"ShearY", upTo(0.3), true, shearY},
		{"TranslateX", func(bin, w, _ int) float64 { return linspace(0, 150.0/331.0*float64(w), bin) }, true, translateX},
		{"TranslateY", func(bin, _, h int) float64 { return linspace(0, 150.0/331.0*float64(h), bin) }, true, translateY},
		{"Rotate", upTo(30), true, rotate},
		{"Brightness", upTo(0.9), true, brightness},
		{"Color", upTo(0.9), true, saturation},
		{"Contrast", upTo(0.9), true, contrast},
		{"Sharpness", upTo(0.9), true, sharpness},
		{"Posterize", func(bin, _, _ int) float64 { return 8 - math.RoundToEven(float64(bin)/7.5) }, false, posterize},
		{"Solarize", func(bin, _, _ int) float64 { return linspace(255, 0, bin) }, false, solarize},
		{"AutoContrast", none, false, func(m, _ *images.RGB, _ float64) { autoContrast(m) }},
		{"Equalize", none, false, func(m, _ *images.RGB, _ float64) { equalize(m) }},
	}
}

// randAugment applies ops operations, each drawn anew from all of them.
func randAugment(m, tmp *images.RGB, ops, bin int, rng *rand.Rand) {
	if ops == 0 {
		return
	}
	all := operations()
	for range ops {
		op := &all[rng.IntN(len(all))]
		v := op.magnitude(bin, m.W, m.H)
		if op.signed && rng.IntN(2) == 1 {
			v = -v
		}
		op.apply(m, tmp, v)
	}
}

// linspace is element i of magnitudeBins values from start to end, in float32 as torch computes it:
// the second half is counted from the end.
func linspace(start, end float64, i int) float64 {
	a, b := float32(start), float32(end)
	step := (b - a) / (magnitudeBins - 1)
	if i < magnitudeBins/2 {
		return float64(a + float32(step*float32(i)))
	}
	return float64(b - float32(step*float32(magnitudeBins-1-i)))
}
