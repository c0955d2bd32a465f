package simd

import "csl/internal/kernel"

// winoWeightsGradFunc is the transform back of the gradient by the weights: see asm.WinoWeightsGradAVX2.
type winoWeightsGradFunc func(n int, u *float32, plane int, w *float32, tap int, scratch *float32)

const (
	winoGradBlock   = 128 // tiles at least, so that sums of many channels are worth loading
	winoGradVectors = 256 // per job of the transform back
)

// winogradGrad is the gradient of a 3x3 convolution by its weights in the transformed space: the
// gradient by the transformed weights of a place is the sum over tiles of outer products of the
// transformed inputs and the transformed gradients, and goes back through the transposed transform.
//
//	dG = G' [ sum over tiles of (B' d B) .* (A dY A') ] G
type winogradGrad struct {
	s *simd
	winoTiling
	cin, cols   int
	inAt, outAt []int32
	blockTiles  int
	ranges      int // ranges of tiles of input channels per place
	zero        []float32
	off         [1]int32 // the kernel's table of lines: one line

	x, dy, dw    []float32
	v, m, u      []float32 // transformed inputs, gradients by outputs and by weights
	scratch      []float32
	first, tiles int // of the current block
}

func newWinogradGrad(s *simd, c kernel.ConvShape) *winogradGrad {
	k := &winogradGrad{s: s, winoTiling: newWinoTiling(winoLarge, c), cin: c.Ci, cols: c.Co}
	k.inAt, k.outAt = k.inputs(c.Ci), k.gradients(c.Co)
	k.blockTiles = k.winoTiling.blockTiles(winoGradBlock, s.tuning.winoGradFloats, c.Ci, c.Co, s)
	k.ranges = ceilDiv(c.Ci, 64)
	k.zero = make([]float32, k.in()*max(c.Ci, c.Co))
	return k
}

// pitch is the distance of two tiles of c channels: room for whole tiles and panels, and no multiple of a
// large power of two, so that tiles do not compete for the same lines of the caches.
func (k *winogradGrad) pitch(c int) int { return ceilDiv(c, k.s.wide)*k.s.wide + k.s.wide }

// The distances of two places.
func (k *winogradGrad) planeV() int { return k.blockTiles*k.pitch(k.cin) + 16 }
func (k *winogradGrad) planeM() int { return k.blockTiles*k.pitch(k.cols) + 16 }
func (k *winogradGrad) planeU() int { return k.cin*k.cols + 16 }

// scratchLen is what a worker needs for the transforms.
func (k *winogradGrad) scratchLen() int { return 80 + k.places()*k.s.lanes }

// Work is the room for a block, the sums and the workers' scratch.
func (k *winogradGrad) Work(workers int) int {
	return k.places()*(k.planeV()+k.planeM()+k.planeU()) + workers*k.scratchLen()
}
