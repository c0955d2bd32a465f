package simd

// rowTable says where the rows of a convolution's implicit matrix lie in x, for a group of
// consecutive pixels, in elements from the group's first pixel, -1 where the tap is in the padding:
// off[tile][tap][row in tile], first tiles of mr rows, then short ones. What belongs to a tile whose first
// row is r begins at r*taps. Every group has the same table; the last one may be shorter.
type rowTable struct {
	off    []int32
	taps   int
	full   int // rows in tiles of mr
	rows   int // pixels per group
	stride int // elements of x per group
	pitch  int // elements of x from row to row, where all are equally far apart; 0 elsewhere
}

// pointTable is the table of a 1x1 convolution or a linear layer over rows pixels of c channels.
func (s *simd) pointTable(rows, c int) rowTable {
	t := s.newTable(rows, 1)
	t.stride, t.pitch = rows*c, c
	for i := range rows {
		t.row(i, s)[0] = int32(i * c)
	}
	return t
}

// convTable is the table of a k x k convolution over whole images of h x w pixels, c channels.
func (s *simd) convTable(n, h, w, c, k int) rowTable {
	g := s.groupImages(n, h*w)
	t := s.newTable(g*h*w, k*k)
	t.stride = t.rows * c
	for i := range t.rows {
		row, step := t.row(i, s), t.step(i, s)
		py, px := i/w%h, i%w
		for ty := range k {
			for tx := range k {
				dy, dx := ty-k/2, tx-k/2
				if y, x := py+dy, px+dx; y >= 0 && y < h && x >= 0 && x < w {
					row[(ty*k+tx)*step] = int32((i + dy*w + dx) * c)
				}
			}
		}
	}
	return t
}

// newTable is a table without any pixels.
func (s *simd) newTable(rows, taps int) rowTable {
	t := rowTable{taps: taps, rows: rows, full: s.fullRows(rows)}
	t.off = make([]int32, (s.tiledRows(rows)+s.mr)*taps) // a tile may begin anywhere where taps is 1
	for i := range t.off {
		t.off[i] = -1
	}
	return t
}

// step is the rows of row i's tile.
func (t *rowTable) step(i int, s *simd) int {
	if i < t.full {
		return s.mr
	}
	return s.short
}

// row is the table from the first tap of row i on; the next tap is step elements on.
func (t *rowTable) row(i int, s *simd) []int32 {
	if i < t.full {
		return t.off[i/s.mr*s.mr*t.taps+i%s.mr:]
	}
	i -= t.full
	return t.off[(t.full+i/s.short*s.short)*t.taps+i%s.short:]
}

// fullRows is the number of rows, all or a multiple of mr, that tiles of mr rows compute where short ones
// compute the rest: such that the fewest rows are computed in vain.
func (s *simd) fullRows(rows int) int {
	best, least := rows, ceilDiv(rows, s.mr)*s.mr
	for full := rows / s.mr * s.mr; full >= 0 && full > rows-3*s.mr; full -= s.mr {
		if n := full + ceilDiv(rows-full, s.short)*s.short; n < least {
			best, least = full, n
		}
	}
	return best
}

// tiledRows is the number of rows that are computed for rows.
func (s *simd) tiledRows(rows int) int {
	full := s.fullRows(rows)
	return ceilDiv(full, s.mr)*s.mr + ceilDiv(rows-full, s.short)*s.short
}

// groupImages is the number of images of size pixels per group: as few as waste less than half a
// percent of the rows.
func (s *simd) groupImages(n, size int) int {
	for g := 1; g < n && g < s.mr; g++ {
		rows := g * size
		if waste := s.tiledRows(rows) - rows; 200*waste <= rows {
			return g
		}
	}
	return min(n, s.mr)
}
