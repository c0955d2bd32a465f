package kernel

// packer copies weights [taps][cin][cols] into panels: panel p holds [taps][cin][width] of the
// columns from p*wide, padded with zeros, and begins at p*wide*taps*cin. Transposed, the source is
// [taps][cols][cin] with the taps in reverse order: the weights of the gradient by x.
type packer struct {
	s               *simd
	taps, cin, cols int
	transposed      bool
	dst, src        []float32
}

// len is the length of all panels.
func (k *packer) len() int { return k.taps * k.cin * k.s.packedCols(k.cols) }

// run packs src into dst, a job per panel and tap.
func (k *packer) run(p *Pool, dst, src []float32) {
	k.dst, k.src = dst, src
	p.Run(k.s.panels(k.cols)*k.taps, k)
	k.dst, k.src = nil, nil
}

// Do implements Task.
func (k *packer) Do(job, _ int) {
	p, tap := job/k.taps, job%k.taps
	width := k.s.panelWidth(k.cols, p)
	col := p * k.s.wide
	n := min(width, k.cols-col)
	dst := k.dst[col*k.taps*k.cin+tap*k.cin*width:][:k.cin*width]
	if !k.transposed {
		k.s.columns(dst, k.src[tap*k.cin*k.cols+col:], k.cin, k.cols, n, width)
		return
	}
	if n < width {
		clear(dst)
	}
	src := k.src[((k.taps-1-tap)*k.cols+col)*k.cin:]
	fast := k.cin &^ 7
	j := 0
	for ; j+8 <= n && fast > 0; j += 8 {
		k.s.transpose8(&dst[j], &src[j*k.cin], fast/8, k.cin, width)
		transposeFrom(fast, dst[j:], src[j*k.cin:], 8, k.cin, width)
	}
	transposeFrom(0, dst[j:], src[j*k.cin:], n-j, k.cin, width)
}

// transposeFrom copies rows of n elements of src to columns of dst, but for the first elements of each:
// the rests that the assembly leaves.
func transposeFrom(first int, dst, src []float32, rows, n, width int) {
	for j := range rows {
		row := src[j*n : (j+1)*n]
		for c := first; c < n; c++ {
			dst[c*width+j] = row[c]
		}
	}
}

// packFunc copies a fixed number of columns: see pack16AVX2.
type packFunc func(dst, src *float32, rows, stride int)

// columns copies n elements of each of rows rows of src, stride apart, to rows of width in dst,
// filling them up with zeros.
func (s *simd) columns(dst, src []float32, rows, stride, n, width int) {
	if n == width {
		for _, p := range s.packs {
			if p.width == width {
				p.pack(&dst[:rows*width][0], &src[:(rows-1)*stride+n][0], rows, stride)
				return
			}
		}
	}
	for i := range rows {
		row := dst[i*width : (i+1)*width]
		clear(row[copy(row, src[i*stride:i*stride+n]):])
	}
}
