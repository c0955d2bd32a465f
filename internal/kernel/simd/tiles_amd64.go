package simd

import (
	"math"

	"csl/internal/kernel"
)

// winoSize is F(out x out, 3x3): the side of a tile of outputs.
type winoSize int

const (
	winoSmall winoSize = 2
	winoLarge winoSize = 4
)

// in is the side of an input tile, places the number of its transformed values.
func (z winoSize) in() int     { return int(z) + 2 }
func (z winoSize) out() int    { return int(z) }
func (z winoSize) places() int { return z.in() * z.in() }

// winoJob is the tiles per transforming job.
const winoJob = 4

// winoTiling cuts n images of h x w pixels into tiles.
type winoTiling struct {
	winoSize
	n, h, w        int
	tilesH, tilesW int
}

func newWinoTiling(z winoSize, c kernel.ConvShape) winoTiling {
	return winoTiling{winoSize: z, n: c.N, h: c.H, w: c.W, tilesH: ceilDiv(c.H, z.out()), tilesW: ceilDiv(c.W, z.out())}
}

// perImage is the number of tiles of an image, all that of all images.
func (k *winoTiling) perImage() int { return k.tilesH * k.tilesW }
func (k *winoTiling) all() int      { return k.n * k.perImage() }

// find is the image and the tile in it of tile i of all.
func (k *winoTiling) find(i int) (img, tile int) { return i / k.perImage(), i % k.perImage() }

// inputs tells where the pixels of c channels lie that each tile of an image is made of, gradients the same of
// those that it makes: lines and masks, as winoInputFunc takes them.
func (k *winoTiling) inputs(c int) []int32    { return k.lines(k.in(), -1, c) }
func (k *winoTiling) gradients(c int) []int32 { return k.lines(k.out(), 0, c) }

func (k *winoTiling) lines(side, shift, c int) []int32 {
	var at []int32
	for t := range k.perImage() {
		y, x := t/k.tilesW*k.out()+shift, t%k.tilesW*k.out()+shift
		for i := y; i < y+side; i++ {
			if i < 0 || i >= k.h {
				at = append(at, math.MinInt32)
			} else {
				at = append(at, int32((i*k.w+x)*c))
			}
		}
		for j := x; j < x+side; j++ {
			if j < 0 || j >= k.w {
				at = append(at, 0)
			} else {
				at = append(at, -1)
			}
		}
	}
	return at
}

// outputs are the offsets of the pixels of c channels that the tiles of an image make, in elements from the
// image's first, -1 where there is no pixel.
func (k *winoTiling) outputs(c int) []int32 {
	var off []int32
	for t := range k.perImage() {
		for i := range k.out() * k.out() {
			y, x := t/k.tilesW*k.out()+i/k.out(), t%k.tilesW*k.out()+i%k.out()
			if y >= k.h || x >= k.w {
				off = append(off, -1)
			} else {
				off = append(off, int32((y*k.w+x)*c))
			}
		}
	}
	return off
}

// blockTiles returns the number of tiles in a block where all tiles are cut into equal blocks of whole register
// tiles: about least tiles or floats elements a block, or fewer where that makes enough blocks for a few workers.
func (k *winoTiling) blockTiles(least, floats, cin, cols int, s *simd) int {
	const enough = 8
	rows := s.heightOf(cin)
	about, all := max(least, floats/(k.places()*(cin+cols))), k.all()
	if few := all / enough; few < about && few >= 3*least/4 {
		about = few / rows * rows
	}
	if about >= all {
		return all
	}
	return min(all, ceilDiv(ceilDiv(all, ceilDiv(all, about)), rows)*rows)
}

// winogradPays is the rule that chooses between direct convolution, 0, and Winograd's sizes (BenchmarkWinograd
// runs them in turn). Winograd needs 36/9 or 16/9 of the direct weights, so it needs tiles to use them on, and
// more of them where the weights must be transformed in every run; it computes whole tiles, so the sides must
// not be much smaller than those; and it transforms every channel, so there must be enough products per
// channel.
func (s *simd) winogradPays(c kernel.ConvShape, fixed bool) winoSize {
	const (
		leastSmall    = 16 // tiles of the small size, where the weights are constant
		leastChannels = 16
		mostWaste     = 1.8 // computed by used pixels
	)
	leastLarge := 24
	if fixed && s.lanes < 16 {
		leastLarge = 16 // to compute more takes such a processor longer than to fetch more
	}
	if c.K != 3 || min(c.Ci, c.Co) < leastChannels {
		return 0
	}
	large, small := newWinoTiling(winoLarge, c), newWinoTiling(winoSmall, c)
	switch {
	case large.all() >= leastLarge && large.waste() <= mostWaste:
		return winoLarge
	case fixed && small.all() >= leastSmall && small.waste() <= mostWaste:
		return winoSmall
	}
	return 0
}

// waste is how many pixels are computed for each one that there is.
func (k *winoTiling) waste() float64 {
	return float64(k.perImage()*k.out()*k.out()) / float64(k.h*k.w)
}
