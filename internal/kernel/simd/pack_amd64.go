package simd

import "csl/internal/kernel"

// The panel layout. A matrix of weights has a row per input channel (and tap) and a column per output channel.
// A product of a tile of rows of x keeps one panel in the first level cache and reads it from beginning to end,
// so the panels lie one after the other, and in a panel the rows:
//
//	           columns: output channels
//	        0 ......... wide ....... 2*wide .. cols
//	tap 0  +------------+------------+--------+
//	 c=0   | a a a a a a| g g g g g g| m m m 0|
//	 c=1   | b b b b b b| h h h h h h| n n n 0|   the last panel is narrow if its columns fit;
//	tap 1  +------------+------------+--------+   what fills it up is finite
//	 c=0   | d d d d d d| i i i i i i| o o o 0|
//	 c=1   | e e e e e e| j j j j j j| p p p 0|
//	       +------------+------------+--------+
//
//	memory: aaaaaa bbbbbb dddddd eeeeee | gggggg hhhhhh iiiiii jjjjjj | mmm0 nnn0 ooo0 ppp0
//	        panel 0: [taps][cin][wide]    panel 1: [taps][cin][wide]    panel 2: [taps][cin][narrow]
//
// Winograd's transformed weights are such a matrix, of one tap, for each place.

// prepacker copies weights [taps][cin][cols] into panels: panel p holds [taps][cin][width] of the
// columns from p*wide and begins at p*wide*taps*cin; the columns past the last hold any finite
// numbers. Transposed, the source is [taps][cols][cin] with the taps in reverse order: the weights
// of the gradient by x.
type prepacker struct {
	s               *simd
	taps, cin, cols int
	transposed      bool
	dst, src        []float32
}

// len is the length of all panels.
func (k *prepacker) len() int { return k.taps * k.cin * k.s.packedCols(k.cols) }

// layout names the layout of weights that were packed and perhaps transformed to the given number of elements.
func (k *prepacker) layout(algorithm string, elements int) kernel.PackedLayout {
	return kernel.PackedLayout{Algorithm: k.s.name + " " + algorithm, Taps: k.taps, Cin: k.cin, Cols: k.cols, Len: elements}
}

// run packs src into dst, a job per panel and tap.
func (k *prepacker) run(p *kernel.Pool, dst, src []float32) {
	k.dst, k.src = dst, src
	p.Run(k.s.panels(k.cols)*k.taps, k)
	k.dst, k.src = nil, nil
}

// Do implements Task.
func (k *prepacker) Do(job, _ int) {
	p, tap := job/k.taps, job%k.taps
	width := k.s.panelWidth(k.cols, p)
	col := p * k.s.wide
	n := min(width, k.cols-col)
	dst := k.dst[col*k.taps*k.cin+tap*k.cin*width:][:k.cin*width]
	if k.transposed {
		k.s.transposed(dst, k.src[((k.taps-1-tap)*k.cols+col)*k.cin:], k.cin, k.cin, n, width)
	} else {
		k.s.columns(dst, k.src[tap*k.cin*k.cols+col:], k.cin, k.cols, n, width)
	}
}

// packFunc copies a fixed number of columns: see asm.Pack16AVX2.
type packFunc func(dst, src *float32, rows, stride int)

// columns copies n <= width elements of each of rows rows of src, stride apart, to rows of width in
// dst; what fills them up comes from src, too, or is zero.
func (s *simd) columns(dst, src []float32, rows, stride, n, width int) {
	done := 0
	for _, p := range s.packs {
		if p.width == width && len(src) >= width {
			done = min(rows, (len(src)-width)/stride+1)
			p.pack(&dst[:done*width][0], &src[0], done, stride)
		}
	}
	for i := done; i < rows; i++ {
		row := dst[i*width : (i+1)*width]
		clear(row[copy(row, src[i*stride:i*stride+n]):])
	}
}

// transposed copies n rows of src, stride apart, of depth elements each to columns of dst, whose rows
// have width elements; what fills them up is zero.
func (s *simd) transposed(dst, src []float32, depth, stride, n, width int) {
	if n < width {
		clear(dst[:depth*width])
	}
	fast, j := depth&^7, 0
	for ; j+8 <= n && fast > 0; j += 8 {
		s.transpose8(&dst[j], &src[j*stride], fast/8, stride, width)
		transposeFrom(fast, dst[j:], src[j*stride:], 8, depth, stride, width)
	}
	if j < n {
		transposeFrom(0, dst[j:], src[j*stride:], n-j, depth, stride, width)
	}
}

// transposeFrom copies the elements first..depth-1 of rows rows of src to columns of dst: the rests that
// the assembly leaves.
func transposeFrom(first int, dst, src []float32, rows, depth, stride, width int) {
	for j := range rows {
		for c := first; c < depth; c++ {
			dst[c*width+j] = src[j*stride+c]
		}
	}
}
