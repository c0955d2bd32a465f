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
	if n < width {
		clear(dst)
	}
	if !k.transposed {
		src := k.src[tap*k.cin*k.cols+col:]
		for c := range k.cin {
			copy(dst[c*width:c*width+n], src[c*k.cols:])
		}
		return
	}
	src := k.src[((k.taps-1-tap)*k.cols+col)*k.cin:]
	for j := range n {
		row := src[j*k.cin : (j+1)*k.cin]
		for c, v := range row {
			dst[c*width+j] = v
		}
	}
}
