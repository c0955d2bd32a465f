package kernel

// partStats computes the mean and the variance of every channel of a result [pixels,cols] that is made part
// by part, while a part is in the cache. For each part it has the sums of the differences to the part's
// first pixel and of their squares. The parts are merged in order, so that it does not matter which worker
// made them. The methods do nothing for nil, for results whose statistics nobody needs.
type partStats struct {
	s     *simd
	cols  int
	slots int   // of the sums of a part
	first []int // per part: its first pixel
	count []int // per part: its number of pixels, 0 where it has none
	z     []float32
	sums  []float64 // [parts][2][slots]
	mean  []float64 // of the pixels merged so far
	m2    []float64 // the sum of their squared differences to it
	done  int       // how many they are
	parts int       // that are being merged
}

// newPartStats plans statistics of cols channels, at most parts parts being unmerged at a time.
func newPartStats(s *simd, cols, parts int) *partStats {
	return &partStats{s: s, cols: cols, slots: s.slots(cols), first: make([]int, parts), count: make([]int, parts)}
}

// newSIMDConvStats plans ConvStats.
func newSIMDConvStats(s *simd, d ConvStats) Kernel[float32] {
	if winogradPays(d.ConvShape, false) {
		k := newWinogradConv(s, d.conv())
		k.stats = newPartStats(s, d.Co, ceilDiv(k.blockTiles, winoJob))
		return k
	}
	k := newSIMDConv(s, d.conv())
	k.stats = newPartStats(s, d.Co, k.groups*k.blocks)
	return k
}

// numbers is how many float64 sums, mean and m2 are.
func (t *partStats) numbers() int { return 2*t.slots*len(t.first) + 2*t.cols }

// len is the scratch for them.
func (t *partStats) len() int {
	if t == nil {
		return 0
	}
	return doublesLen[float32](t.numbers())
}

// begin starts the statistics of z; their scratch is the last of work elements.
func (t *partStats) begin(c *Ctx[float32], z []float32, work int) {
	if t == nil {
		return
	}
	scratch := doubles(c.Work[work-t.len():], t.numbers())
	t.sums, scratch = scratch[:2*t.slots*len(t.first)], scratch[2*t.slots*len(t.first):]
	t.mean, t.m2 = scratch[:t.cols], scratch[t.cols:]
	t.z, t.done = z, 0
}

// end writes the statistics, [2,cols].
func (t *partStats) end(out []float32) {
	if t == nil {
		return
	}
	for c, m := range t.mean {
		out[c] = float32(m)
		out[t.cols+c] = float32(t.m2[c] / float64(t.done))
	}
	t.z, t.sums, t.mean, t.m2 = nil, nil, nil, nil
}

// panel makes consecutive pixels, channels col..col+n-1 of them, all that there is of these channels in a part.
// The panels of a part begin at whole vectors.
func (t *partStats) panel(part, first, pixels, col, n int) {
	if t == nil {
		return
	}
	if col == 0 {
		t.first[part], t.count[part] = first, pixels
	}
	at := 2 * t.slots * part
	clear(t.sums[at+col:][:t.s.slots(n)])
	clear(t.sums[at+t.slots+col:][:t.s.slots(n)])
	t.add(part, first*t.cols+col, first*t.cols+col, pixels, col, n)
}

// add adds pixels, whose channels col..col+n-1 begin at element z, to a part whose first pixel's do at shift.
func (t *partStats) add(part, shift, z, pixels, col, n int) {
	s1 := t.sums[2*t.slots*part:][:t.slots]
	s2 := t.sums[2*t.slots*part+t.slots:][:t.slots]
	if n >= t.s.lanes {
		t.s.moments(pixels, n, t.cols, &t.z[z], &t.z[shift], &s1[col], &s2[col])
		return
	}
	slot := t.s.slot(col, t.cols)
	for i := range pixels {
		addShifted(s1[slot:], s2[slot:], t.z[shift:][:n], t.z[z+i*t.cols:][:n])
	}
}

// mergeChannels is about how many channels a job merges.
const mergeChannels = 64

// statsMerging is partStats.merge as a task.
type statsMerging partStats

// merge adds the parts from 0 to parts-1 to the statistics.
func (t *partStats) merge(p *Pool, parts int) {
	if t == nil {
		return
	}
	t.parts = parts
	p.Run(ceilDiv(t.cols, mergeChannels), (*statsMerging)(t))
	for _, n := range t.count[:parts] {
		t.done += n
	}
}

// Do merges a range of channels by the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise
// algorithm for computing sample variances", 1979).
func (m *statsMerging) Do(job, _ int) {
	t := (*partStats)(m)
	lo, hi := job*mergeChannels, min(t.cols, (job+1)*mergeChannels)
	if t.done == 0 {
		clear(t.mean[lo:hi])
		clear(t.m2[lo:hi])
	}
	done, last := t.done, t.slots-t.s.lanes
	for part, n := range t.count[:t.parts] {
		if n == 0 {
			continue
		}
		sums, shift := t.sums[2*t.slots*part:][:2*t.slots], t.z[t.first[part]*t.cols:][:t.cols]
		per, share := 1/float64(n), float64(n)/float64(done+n)
		both := float64(done) * share
		for c := lo; c < hi; c++ {
			i := c // the slot
			if c >= last {
				i += t.slots - t.cols
			}
			s1, s2 := sums[i], sums[t.slots+i]
			d := float64(shift[c]) + s1*per - t.mean[c]
			t.mean[c] += d * share
			t.m2[c] += max(0, s2-s1*s1*per) + d*d*both
		}
		done += n
	}
}

// addStats adds the results of a job's tiles to the statistics, line by line of neighbouring tiles.
func (k *winograd) addStats(job int) {
	t := k.stats
	if t == nil {
		return
	}
	clear(t.sums[2*t.slots*job:][:2*t.slots])
	t.count[job] = 0
	for i, end := job*winoJob, min(k.tiles, (job+1)*winoJob); i < end; {
		picture, tile := k.find(k.first + i)
		y, x := tile/k.tilesW*winoOut, tile%k.tilesW*winoOut
		tiles := min(end-i, k.tilesW-tile%k.tilesW)
		pixels := min(tiles*winoOut, k.w-x)
		for line := y; line < min(k.h, y+winoOut); line++ {
			at := (picture*k.h+line)*k.w + x
			if t.count[job] == 0 {
				t.first[job] = at
			}
			t.count[job] += pixels
			t.add(job, t.first[job]*k.cols, at*k.cols, pixels, 0, k.cols)
		}
		i += tiles
	}
}
