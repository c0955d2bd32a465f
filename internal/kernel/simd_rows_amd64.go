package kernel

// rowTable says where the rows of a convolution's implicit matrix lie in x, for a group of
// consecutive pixels: off[tile][tap][row in tile], in elements from the group's first pixel, -1
// where the tap is in the padding. Every group has the same table; the last one may be shorter.
type rowTable struct {
	off    []int32
	taps   int
	tile   int // rows per tile
	rows   int // pixels per group
	stride int // elements of x per group
}

// pointTable is the table of a 1x1 convolution or a linear layer over rows pixels of c channels.
func pointTable(rows, c, tile int) rowTable {
	t := rowTable{taps: 1, tile: tile, rows: rows, stride: rows * c}
	t.off = make([]int32, ceilDiv(rows, tile)*tile)
	for i := range t.off {
		t.off[i] = -1
		if i < rows {
			t.off[i] = int32(i * c)
		}
	}
	return t
}

// convTable is the table of a k x k convolution over whole pictures of h x w pixels, c channels.
func convTable(n, h, w, c, k, tile int) rowTable {
	g := groupPictures(n, h*w, tile)
	t := rowTable{taps: k * k, tile: tile, rows: g * h * w, stride: g * h * w * c}
	t.off = make([]int32, ceilDiv(t.rows, tile)*tile*t.taps)
	for i := range t.off {
		t.off[i] = -1
	}
	for i := range t.rows {
		row := t.off[i/tile*tile*t.taps+i%tile:]
		py, px := i/w%h, i%w
		for ty := range k {
			for tx := range k {
				dy, dx := ty-k/2, tx-k/2
				if y, x := py+dy, px+dx; y >= 0 && y < h && x >= 0 && x < w {
					row[(ty*k+tx)*tile] = int32((i + dy*w + dx) * c)
				}
			}
		}
	}
	return t
}

// groupPictures is the number of pictures of size pixels per group: as few as waste less than half a
// percent of the rows in the last tile.
func groupPictures(n, size, tile int) int {
	for g := 1; g < n && g < tile; g++ {
		rows := g * size
		if waste := ceilDiv(rows, tile)*tile - rows; 200*waste <= rows {
			return g
		}
	}
	return min(n, tile)
}

// tiles is the number of tiles of a whole group.
func (t *rowTable) tiles() int { return ceilDiv(t.rows, t.tile) }
