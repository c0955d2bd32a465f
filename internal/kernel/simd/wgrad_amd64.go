package simd

import "csl/internal/kernel"

// weightGrad is the gradient of a convolution by its weights: per tap a product of channels by
// pixels. It works through bands of whole images, or of rows of one image, that fit a cache: x
// of a band is packed with its padding in panels [cin/mr][padded pixels][mr], dy in panels
// [pixels][width], then every job adds the band's sums to its own part of dw, chunk by chunk of
// pixels. So each element of dw is summed by one job per band, in the order of the pixels.
type weightGrad struct {
	s *simd
	kernel.ConvShape
	images, rows int // of a band; images > 1 only with all rows
	bands        int // per images images, times groups of images
	chunkRows    int // rows of pixels per call of the kernel, which stay in the first level cache
	rangeTiles   int // tiles of input channels per job
	rangePanels  int // panels of output channels per job
	off          []int32

	x, dy, dw []float32
	px, pdy   []float32
	band      int
}

// outerFunc is a generated sum of outer products: see asm.Outer6x16AVX2.
type outerFunc func(m, rows, width int, off *int32, x *float32, xstep, tilestep int, dy *float32, dystep int, c *float32, ldy, cols, first int)

const chunkPixels = 256

func newWeightGrad(s *simd, c kernel.ConvShape) *weightGrad {
	if c.K == 1 {
		c = reshapeRows(c)
	}
	k := &weightGrad{s: s, ConvShape: c, images: 1, rows: c.H}
	size := k.lineX()*(c.H+c.K-1)*k.tiles()*s.mr + c.H*c.W*s.packedCols(c.Co)
	if size < s.tuning.bandFloats {
		k.images = min(c.N, s.tuning.bandFloats/size)
	} else {
		k.rows = ceilDiv(c.H, ceilDiv(size, s.tuning.bandFloats))
	}
	k.bands = ceilDiv(c.N, k.images) * ceilDiv(c.H, k.rows)
	k.chunkRows = max(1, chunkPixels/c.W)
	k.cutJobs()
	k.off = make([]int32, k.images*k.rows)
	for i := range k.off {
		k.off[i] = int32((i/k.rows*k.padRows() + i%k.rows) * k.lineX() * s.mr)
	}
	return k
}

// cutJobs chooses the part of dw that one job adds to: as many tiles of input channels as keep a chunk
// of x in the second level cache, and as many panels of output channels as keep the part there, too.
func (k *weightGrad) cutJobs() {
	tiles, panels := k.tiles(), k.s.panels(k.Co)
	k.rangeTiles = min(tiles, k.s.tuning.rangeChunkFloats/(chunkPixels*k.s.mr))
	k.rangePanels = min(panels, max(1, k.s.tuning.rangeFloats/(k.rangeTiles*k.s.mr*k.K*k.K*k.s.wide)))
	for k.jobs() < minJobs && k.rangeTiles*k.rangePanels > 1 {
		if k.rangePanels > 1 {
			k.rangePanels = ceilDiv(k.rangePanels, 2)
		} else {
			k.rangeTiles = ceilDiv(k.rangeTiles, 2)
		}
	}
}

// jobs is the number of jobs per band.
func (k *weightGrad) jobs() int {
	return ceilDiv(k.tiles(), k.rangeTiles) * ceilDiv(k.s.panels(k.Co), k.rangePanels)
}

// reshapeRows cuts the pixels of a 1x1 convolution, which do not know their neighbours, into lines of
// the best length for a chunk.
func reshapeRows(c kernel.ConvShape) kernel.ConvShape {
	m := c.N * c.H * c.W
	for w := min(m, chunkPixels); ; w-- {
		if m%w == 0 {
			c.N, c.H, c.W = 1, m/w, w
			return c
		}
	}
}

// tiles is the number of tiles of input channels.
func (k *weightGrad) tiles() int { return ceilDiv(k.Ci, k.s.mr) }

// lineX and padRows are the sides of an image of a band with its padding.
func (k *weightGrad) lineX() int   { return k.W + k.K - 1 }
func (k *weightGrad) padRows() int { return k.rows + k.K - 1 }

// panelX is the length of a panel of packed x.
func (k *weightGrad) panelX() int { return k.images * k.padRows() * k.lineX() * k.s.mr }

// pixels is the number of pixels of a band.
func (k *weightGrad) pixels() int { return k.images * k.rows * k.W }

// lenX is the length of packed x, up to a whole cache line, as dy is read in vectors.
func (k *weightGrad) lenX() int { return ceilDiv(k.tiles()*k.panelX(), 16) * 16 }

// Work is the room for a packed band.
func (k *weightGrad) Work(int) int {
	return k.lenX() + k.pixels()*k.s.packedCols(k.Co)
}

// Run implements Kernel.
func (k *weightGrad) Run(c *kernel.Ctx[float32], out []float32, in [][]float32) {
	k.x, k.dy, k.dw = in[0], in[1], out
	k.px = c.Work[:k.lenX()]
	k.pdy = c.Work[len(k.px):k.Work(0)]
	for k.band = range k.bands {
		_, images, _, rows := k.extent()
		c.Pool.Run(images*(rows+k.K-1), (*weightGradX)(k))
		c.Pool.Run(images*rows, (*weightGradY)(k))
		c.Pool.Run(k.jobs(), k)
	}
	k.x, k.dy, k.dw, k.px, k.pdy = nil, nil, nil, nil, nil
}

// extent is the band's first image, its number of images, its first row and its number of rows.
func (k *weightGrad) extent() (image, images, row, rows int) {
	perImage := ceilDiv(k.H, k.rows)
	image = k.band / perImage * k.images
	row = k.band % perImage * k.rows
	return image, min(k.images, k.N-image), row, min(k.rows, k.H-row)
}

// weightGradX packs lines of x.
type weightGradX weightGrad

// Do packs one line of the padded band: tiles of channels go to their panels, padding is zero.
func (p *weightGradX) Do(job, _ int) {
	k := (*weightGrad)(p)
	image, _, row, rows := k.extent()
	padded := rows + k.K - 1
	i, line := job/padded, job%padded
	pad, mr := k.K/2, k.s.mr
	at := (i*k.padRows() + line) * k.lineX() * mr
	y := row + line - pad
	if y < 0 || y >= k.H {
		for t := range k.tiles() {
			clear(k.px[t*k.panelX()+at:][:k.lineX()*mr])
		}
		return
	}
	src := k.x[((image+i)*k.H+y)*k.W*k.Ci:][:k.W*k.Ci]
	for t := range k.tiles() {
		dst := k.px[t*k.panelX()+at:][:k.lineX()*mr]
		clear(dst[:pad*mr])
		clear(dst[(pad+k.W)*mr:])
		k.s.columns(dst[pad*mr:], src[t*mr:], k.W, k.Ci, min(mr, k.Ci-t*mr), mr)
	}
}

// weightGradY packs lines of dy.
type weightGradY weightGrad

// Do packs one line of the band into the panels of output channels.
func (p *weightGradY) Do(job, _ int) {
	k := (*weightGrad)(p)
	image, _, row, rows := k.extent()
	i, line := job/rows, job%rows
	src := k.dy[((image+i)*k.H+row+line)*k.W*k.Co:][:k.W*k.Co]
	for q := range k.s.panels(k.Co) {
		col, width := q*k.s.wide, k.s.panelWidth(k.Co, q)
		dst := k.pdy[col*k.pixels()+(i*k.rows+line)*k.W*width:]
		k.s.columns(dst, src[col:], k.W, k.Co, min(width, k.Co-col), width)
	}
}

// Do implements Task: a range of panels of output channels times a range of tiles of input channels.
func (k *weightGrad) Do(job, _ int) {
	ranges := ceilDiv(k.tiles(), k.rangeTiles)
	q0, t0 := job/ranges*k.rangePanels, job%ranges*k.rangeTiles
	q1 := min(k.s.panels(k.Co), q0+k.rangePanels)
	_, images, _, rows := k.extent()
	for at, lines := 0, images*rows; at < lines; at += k.chunkRows {
		for q := q0; q < q1; q++ {
			k.chunk(q, t0, at, min(k.chunkRows, lines-at))
		}
	}
}

// chunk adds the products of lines at..at+n-1 of the band to panel q and the range of tiles from t0 of dw.
func (k *weightGrad) chunk(q, t0, at, n int) {
	mr := k.s.mr
	c0 := t0 * mr
	c1 := min(k.Ci, (t0+k.rangeTiles)*mr)
	col, width := q*k.s.wide, k.s.panelWidth(k.Co, q)
	outer := k.s.outerWide
	if width == k.s.narrow {
		outer = k.s.outerNarrow
	}
	first := 0
	if k.band == 0 && at == 0 {
		first = 1
	}
	dy := &k.pdy[col*k.pixels()+at*k.W*width]
	for ty := range k.K {
		for tx := range k.K {
			x := &k.px[t0*k.panelX()+(ty*k.lineX()+tx)*mr]
			dw := &k.dw[((ty*k.K+tx)*k.Ci+c0)*k.Co+col]
			outer(c1-c0, n, k.W, &k.off[at], x, mr, k.panelX(), dy, width, dw, k.Co, min(width, k.Co-col), first)
		}
	}
}
