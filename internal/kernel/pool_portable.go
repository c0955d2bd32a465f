package kernel

// reflect is the index of the pixel that padding by reflection shows at i of a side of n.
func reflect(i, n int) int {
	if i < 0 {
		return -i
	}
	if i >= n {
		return 2*(n-1) - i
	}
	return i
}

// lineTap is a weighted input line (row or column); lineTaps are those that one output line is made
// of.
type (
	lineTap struct {
		line   int
		weight float64
	}
	lineTaps []lineTap
)

func (t lineTaps) add(line int, weight float64) lineTaps {
	for i := range t {
		if t[i].line == line {
			t[i].weight += weight
			return t
		}
	}
	return append(t, lineTap{line, weight})
}

// blurTaps is one dimension of BlurPool over a side of n: for each output line the taps [1 2 1]/4.
func blurTaps(n int) []lineTaps {
	taps := make([]lineTaps, half(n))
	for o := range taps {
		for i, w := range [3]float64{0.25, 0.5, 0.25} {
			taps[o] = taps[o].add(reflect(2*o-1+i, n), w)
		}
	}
	return taps
}

// averageTaps is one dimension of AvgPool over a side of n.
func averageTaps(n int) []lineTaps {
	taps := make([]lineTaps, half(n))
	for o := range taps {
		lo, hi := 2*o, min(2*o+2, n)
		for i := lo; i < hi; i++ {
			taps[o] = taps[o].add(i, 1/float64(hi-lo))
		}
	}
	return taps
}

// transpose turns the taps of a filter into those of its gradient, for n input lines.
func transpose(taps []lineTaps, n int) []lineTaps {
	grad := make([]lineTaps, n)
	for o, ts := range taps {
		for _, t := range ts {
			grad[t.line] = grad[t.line].add(o, t.weight)
		}
	}
	return grad
}

func newBlurPool[T Float](d BlurPool) Kernel[T] {
	return newSeparable[T](d.N, d.H, d.W, d.C, blurTaps(d.H), blurTaps(d.W))
}

func newBlurPoolGrad[T Float](d BlurPoolGrad) Kernel[T] {
	return newSeparable[T](d.N, half(d.H), half(d.W), d.C,
		transpose(blurTaps(d.H), d.H), transpose(blurTaps(d.W), d.W))
}

func newAvgPool[T Float](d AvgPool) Kernel[T] {
	return newSeparable[T](d.N, d.H, d.W, d.C, averageTaps(d.H), averageTaps(d.W))
}

func newAvgPoolGrad[T Float](d AvgPoolGrad) Kernel[T] {
	return newSeparable[T](d.N, half(d.H), half(d.W), d.C,
		transpose(averageTaps(d.H), d.H), transpose(averageTaps(d.W), d.W))
}

// newSeparable plans the linear map [n,h,w,c] to [n,len(rows),len(cols),c] in which output pixel
// (y,x) is the sum over the taps of rows[y] and cols[x] of their weights' product times the pixel.
func newSeparable[T Float](n, h, w, c int, rows, cols []lineTaps) Kernel[T] {
	body := func(p *spanPlan[T], lo, hi int) {
		for row := lo; row < hi; row++ {
			img, y := row/len(rows), row%len(rows)
			x := p.in[0][img*h*w*c:][:h*w*c]
			out := p.out[row*len(cols)*c:][:len(cols)*c]
			for ox, taps := range cols {
				separablePixel(out[ox*c:][:c], x, w*c, c, rows[y], taps)
			}
		}
	}
	return &spanPlan[T]{cut: cutElements(n*len(rows), len(cols)*c), body: body}
}

// separablePixel computes one output pixel from the image x, whose rows are stride apart.
func separablePixel[T Float](out, x []T, stride, c int, rows, cols lineTaps) {
	first := true
	for _, r := range rows {
		for _, t := range cols {
			src, w := x[r.line*stride+t.line*c:][:c], T(r.weight*t.weight)
			if first {
				for i, v := range src {
					out[i] = w * v
				}
				first = false
				continue
			}
			for i, v := range src {
				out[i] += w * v
			}
		}
	}
	if first {
		clear(out)
	}
}
