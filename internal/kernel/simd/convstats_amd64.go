package simd

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
	"csl/internal/kernel/portable"
)

// newSIMDConvStats plans ConvStats. Winograd's results are summed while they are in the cache. A direct
// convolution stores its results in long columns, which are no faster to read at once than all in order at
// the end.
func newSIMDConvStats(s *simd, d kernel.ConvStats) kernel.Kernel[float32] {
	if size := s.winogradPays(d.ConvShape, false); size > 0 {
		k := newWinogradConv(s, size, d.Conv())
		k.stats = newWinogradStats(k)
		return k
	}
	k := &plan.ConvStats[float32]{Conv: newSIMDConv(s, d.Conv()), Stats: s.newNorm(d.Stats())}
	if k.Stats == nil {
		k.Stats = portable.NewBNStats[float32](d.Stats())
	}
	return k
}

// partStats computes the mean and the variance of every channel of a result [pixels,cols] that is made part
// by part, while a part is in the cache. For each part it has the sums of the differences to the part's
// first pixel and of their squares. They are added up in the order of the parts, so that it does not matter
// which worker made them. Where t may be nil, nobody needs statistics, and nothing is done.
type partStats struct {
	s      *simd
	pixels int
	cols   int // at least a vector of them
	slots  int // of the sums of a part
	parts  []statsPart

	z, out []float32 // of the current run
	sums   []float64 // [parts][2][slots]
}

// statsPart is the first pixel and the number of pixels of a part.
type statsPart struct{ first, count int }

// sumsLen is the number of sums of all parts.
func (t *partStats) sumsLen() int { return 2 * t.slots * len(t.parts) }

// len is the scratch for them. t may be nil.
func (t *partStats) len() int {
	if t == nil {
		return 0
	}
	return plan.DoublesLen[float32](t.sumsLen())
}

// begin starts the statistics of z; their scratch is the last of work elements. t may be nil.
func (t *partStats) begin(c *kernel.Ctx[float32], z []float32, work int) {
	if t != nil {
		t.z, t.out, t.sums = z, c.Aux, plan.Doubles(c.Work[work-t.len():], t.sumsLen())
	}
}

// clear begins a part.
func (t *partStats) clear(part int) { clear(t.sums[2*t.slots*part:][:2*t.slots]) }

// add adds pixels consecutive pixels from at on to a part.
func (t *partStats) add(part, at, pixels int) {
	sums := t.sums[2*t.slots*part:]
	t.s.moments(pixels, t.cols, t.cols, &t.z[at*t.cols], &t.z[t.parts[part].first*t.cols], &sums[0], &sums[t.slots])
}

// end adds up the parts and writes the statistics. t may be nil.
func (t *partStats) end(p *kernel.Pool) {
	if t != nil {
		p.Run(ceilDiv(t.cols, mergeChannels), t)
		t.z, t.out, t.sums = nil, nil, nil
	}
}

// mergeChannels is how many channels a job merges.
const mergeChannels = 16

// Do implements Task: the statistics of a few channels. With d the difference of a part's first pixel to the
// result's, the sum of v+d is that of v plus n*d, the sum of (v+d)^2 that of v^2 plus d*(2*(sum of v) + n*d).
func (t *partStats) Do(job, _ int) {
	lo, hi := job*mergeChannels, min(t.cols, (job+1)*mergeChannels)
	var total1, total2 [mergeChannels]float64
	for i, part := range t.parts {
		sums, first := t.sums[2*t.slots*i:][:2*t.slots], t.z[part.first*t.cols:][:t.cols]
		for c := lo; c < hi; c++ {
			slot := c
			if c >= t.slots-t.s.lanes {
				slot += t.slots - t.cols
			}
			s1, d := sums[slot], float64(first[c])-float64(t.z[c])
			nd := float64(part.count) * d
			total1[c-lo] += s1 + nd
			total2[c-lo] += sums[t.slots+slot] + d*(2*s1+nd)
		}
	}
	n := float64(t.pixels)
	for c := lo; c < hi; c++ {
		m := total1[c-lo] / n
		t.out[c] = float32(float64(t.z[c]) + m)
		t.out[t.cols+c] = float32(max(0, total2[c-lo]/n-m*m))
	}
}

// newWinogradStats plans the statistics of k's results: the tiles of a job of a block are a part.
func newWinogradStats(k *winograd) *partStats {
	t := &partStats{s: k.s, pixels: k.n * k.h * k.w, cols: k.cols, slots: k.s.slots(k.cols)}
	for block := 0; block < k.all(); block += k.blockTiles {
		for tile := block; tile < min(k.all(), block+k.blockTiles); tile += winoJob {
			p := statsPart{first: -1}
			k.eachLine(tile, min(k.all(), block+k.blockTiles, tile+winoJob), func(at, pixels int) {
				if p.first < 0 {
					p.first = at
				}
				p.count += pixels
			})
			t.parts = append(t.parts, p)
		}
	}
	return t
}

// addStats adds tiles i..end-1 of a block, those of one job, to the statistics.
func (k *winograd) addStats(b *winoBlock, i, end int) {
	if k.stats == nil {
		return
	}
	part := b.first/k.blockTiles*k.blockJobs() + i/winoJob
	k.stats.clear(part)
	k.eachLine(b.first+i, b.first+end, func(at, pixels int) { k.stats.add(part, at, pixels) })
}

// eachLine calls f for every line of pixels of the tiles i..end-1, with its first pixel and its length. The
// lines of neighbouring tiles are one.
func (k *winograd) eachLine(i, end int, f func(at, pixels int)) {
	for i < end {
		img, tile := k.find(i)
		y, x := tile/k.tilesW*k.out(), tile%k.tilesW*k.out()
		tiles := min(end-i, k.tilesW-tile%k.tilesW)
		at := (img*k.h+y)*k.w + x
		for range min(k.out(), k.h-y) {
			f(at, min(tiles*k.out(), k.w-x))
			at += k.w
		}
		i += tiles
	}
}
