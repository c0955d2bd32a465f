package kernel

import "math"

const (
	winoPlaces = 36
	winoIn     = 6 // side of an input tile
	winoOut    = 4 // side of an output tile
	winoJob    = 4 // tiles per transforming job
)

// winoTiling cuts n pictures of h x w pixels into tiles of 4x4 outputs.
type winoTiling struct {
	n, h, w        int
	tilesH, tilesW int
}

func newWinoTiling(c ConvShape) winoTiling {
	return winoTiling{n: c.N, h: c.H, w: c.W, tilesH: ceilDiv(c.H, winoOut), tilesW: ceilDiv(c.W, winoOut)}
}

// perPicture is the number of tiles of a picture, all that of all pictures.
func (k *winoTiling) perPicture() int { return k.tilesH * k.tilesW }
func (k *winoTiling) all() int        { return k.n * k.perPicture() }

// find is the picture and the tile in it of tile i of all.
func (k *winoTiling) find(i int) (picture, tile int) { return i / k.perPicture(), i % k.perPicture() }

// inputs tells where the 6x6 pixels of c channels lie that each tile of a picture is made of, gradients the
// same of the 4x4 that it makes: lines and masks, as winoInputFunc takes them.
func (k *winoTiling) inputs(c int) []int32    { return k.lines(winoIn, -1, c) }
func (k *winoTiling) gradients(c int) []int32 { return k.lines(winoOut, 0, c) }

func (k *winoTiling) lines(side, shift, c int) []int32 {
	var at []int32
	for t := range k.perPicture() {
		y, x := t/k.tilesW*winoOut+shift, t%k.tilesW*winoOut+shift
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

// outputs are the offsets of the 4x4 pixels of c channels that the tiles of a picture make, in elements from
// the picture's first, -1 where there is no pixel.
func (k *winoTiling) outputs(c int) []int32 {
	var off []int32
	for t := range k.perPicture() {
		for i := range winoOut * winoOut {
			y, x := t/k.tilesW*winoOut+i/winoOut, t%k.tilesW*winoOut+i%winoOut
			if y >= k.h || x >= k.w {
				off = append(off, -1)
			} else {
				off = append(off, int32((y*k.w+x)*c))
			}
		}
	}
	return off
}

// block is the tiles of a block where all tiles are cut into equal ones of whole register tiles, of about so
// many tiles, at least, or of floats elements of channels channels.
func (k *winoTiling) block(least, floats, channels int, s *simd) int {
	all, rows := k.all(), max(s.even.rows, s.mr)
	if about := max(least, floats/(winoPlaces*channels)); about < all {
		return min(all, ceilDiv(ceilDiv(all, ceilDiv(all, about)), rows)*rows)
	}
	return all
}

// winogradPays is the rule that chooses between Winograd and direct convolution (BenchmarkWinograd runs
// them in turn). Winograd needs 36/9 of the direct weights, so it needs tiles to use them on, and more of
// them where the weights must be transformed in every run; it computes whole tiles, so the sides must
// not be much smaller than those; and it transforms every channel, so there must be enough products per
// channel.
func winogradPays(c ConvShape, fixed bool) bool {
	const (
		leastTiles    = 24
		leastFixed    = 16 // tiles where the weights are fixed
		leastChannels = 16
		mostWaste     = 1.8 // computed by used pixels
	)
	if c.K != 3 {
		return false
	}
	t := newWinoTiling(c)
	waste := float64(t.perPicture()*winoOut*winoOut) / float64(c.H*c.W)
	return (t.all() >= leastTiles || fixed && t.all() >= leastFixed) && min(c.Ci, c.Co) >= leastChannels && waste <= mostWaste
}
