package simd

import "csl/internal/kernel"

// Run implements Kernel.
func (k *winogradGrad) Run(c *kernel.Ctx[float32], out []float32, in [][]float32) {
	k.x, k.dy, k.dw = in[0], in[1], out
	work := c.Work
	k.v, work = work[:k.places()*k.planeV()], work[k.places()*k.planeV():]
	k.m, work = work[:k.places()*k.planeM()], work[k.places()*k.planeM():]
	k.u, k.scratch = work[:k.places()*k.planeU()], work[k.places()*k.planeU():]
	for k.first = 0; k.first < k.all(); k.first += k.blockTiles {
		k.tiles = min(k.blockTiles, k.all()-k.first)
		c.Pool.Run(ceilDiv(k.tiles, winoJob), (*winoGradInputs)(k))
		c.Pool.Run(k.places()*k.ranges, (*winoGradProducts)(k))
	}
	c.Pool.Run(ceilDiv(k.cin*k.cols/k.s.lanes, winoGradVectors), (*winoGradWeights)(k))
	k.x, k.dy, k.dw, k.v, k.m, k.u, k.scratch = nil, nil, nil, nil, nil, nil, nil
}

// The steps of winogradGrad, as tasks.
type (
	winoGradInputs   winogradGrad
	winoGradProducts winogradGrad
	winoGradWeights  winogradGrad
)

// Do transforms the inputs and the gradients of a few tiles.
func (t *winoGradInputs) Do(job, worker int) {
	k := (*winogradGrad)(t)
	scratch := &k.scratch[worker*k.scratchLen()]
	for i := job * winoJob; i < min(k.tiles, (job+1)*winoJob); i++ {
		img, tile := k.find(k.first + i)
		pixel := img * k.h * k.w
		k.s.wino.input(k.cin, &k.x[pixel*k.cin], &k.zero[0], &k.inAt[tile*2*k.in()],
			&k.v[i*k.pitch(k.cin)], k.planeV(), scratch)
		k.s.winoGrad(k.cols, &k.dy[pixel*k.cols], &k.zero[0], &k.outAt[tile*2*k.out()],
			&k.m[i*k.pitch(k.cols)], k.planeM(), scratch)
	}
}

// Do adds the block's products of one place and a range of input channels to their sums.
func (t *winoGradProducts) Do(job, _ int) {
	k := (*winogradGrad)(t)
	place, r := job/k.ranges, job%k.ranges
	tiles := ceilDiv(k.cin, k.s.mr)
	c0, c1 := r*tiles/k.ranges*k.s.mr, min(k.cin, (r+1)*tiles/k.ranges*k.s.mr)
	if c0 >= c1 {
		return
	}
	first := 0
	if k.first == 0 {
		first = 1
	}
	for q := range k.s.panels(k.cols) {
		col := q * k.s.wide
		outer, width := k.s.outerWide, k.s.panelWidth(k.cols, q)
		if width == k.s.narrow {
			outer = k.s.outerNarrow
		}
		outer(c1-c0, 1, k.tiles, &k.off[0], &k.v[place*k.planeV()+c0], k.pitch(k.cin), k.s.mr,
			&k.m[place*k.planeM()+col], k.pitch(k.cols), &k.u[place*k.planeU()+c0*k.cols+col], k.cols,
			min(width, k.cols-col), first)
	}
}

// Do transforms some of the sums back; the last vector of all may overlap the one before it.
func (t *winoGradWeights) Do(job, worker int) {
	k := (*winogradGrad)(t)
	scratch := &k.scratch[worker*k.scratchLen()]
	size := k.cin * k.cols
	at := job * winoGradVectors * k.s.lanes
	n := min(winoGradVectors, (size-at)/k.s.lanes)
	k.s.winoWeightsGrad(n, &k.u[at], k.planeU(), &k.dw[at], size, scratch)
	if left := size - at - n*k.s.lanes; left > 0 && left < k.s.lanes {
		at = size - k.s.lanes
		k.s.winoWeightsGrad(1, &k.u[at], k.planeU(), &k.dw[at], size, scratch)
	}
}
