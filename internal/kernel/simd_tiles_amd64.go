package kernel

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

// inputs are the offsets of the 6x6 pixels of c channels that the tiles of a picture are made of,
// outputs those of the 4x4 pixels that they make; in elements from the picture's first, -1 where
// there is no pixel.
func (k *winoTiling) inputs(c int) []int32  { return k.offsets(winoIn, -1, c) }
func (k *winoTiling) outputs(c int) []int32 { return k.offsets(winoOut, 0, c) }

func (k *winoTiling) offsets(side, shift, c int) []int32 {
	var off []int32
	for t := range k.perPicture() {
		for i := range side * side {
			y, x := t/k.tilesW*winoOut+i/side+shift, t%k.tilesW*winoOut+i%side+shift
			if y < 0 || y >= k.h || x < 0 || x >= k.w {
				off = append(off, -1)
			} else {
				off = append(off, int32((y*k.w+x)*c))
			}
		}
	}
	return off
}

// blocks cuts all tiles into equal blocks of about so many, at least, of floats elements of channels channels.
func (k *winoTiling) block(least, floats, channels int) int {
	all := k.all()
	return ceilDiv(all, ceilDiv(all, max(least, floats/(winoPlaces*channels))))
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
