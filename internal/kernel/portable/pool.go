package portable

import (
	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

func newBlurPool[T kernel.Float](d kernel.BlurPool) kernel.Kernel[T] {
	return newSeparable[T](d.N, d.H, d.W, d.C, plan.BlurTaps(d.H), plan.BlurTaps(d.W))
}

func newBlurPoolGrad[T kernel.Float](d kernel.BlurPoolGrad) kernel.Kernel[T] {
	return newSeparable[T](d.N, kernel.Half(d.H), kernel.Half(d.W), d.C,
		plan.Transpose(plan.BlurTaps(d.H), d.H), plan.Transpose(plan.BlurTaps(d.W), d.W))
}

func newAvgPool[T kernel.Float](d kernel.AvgPool) kernel.Kernel[T] {
	return newSeparable[T](d.N, d.H, d.W, d.C, plan.AverageTaps(d.H), plan.AverageTaps(d.W))
}

func newAvgPoolGrad[T kernel.Float](d kernel.AvgPoolGrad) kernel.Kernel[T] {
	return newSeparable[T](d.N, kernel.Half(d.H), kernel.Half(d.W), d.C,
		plan.Transpose(plan.AverageTaps(d.H), d.H), plan.Transpose(plan.AverageTaps(d.W), d.W))
}

// newSeparable plans the linear map [n,h,w,c] to [n,len(rows),len(cols),c] in which output pixel
// (y,x) is the sum over the taps of rows[y] and cols[x] of their weights' product times the pixel.
func newSeparable[T kernel.Float](n, h, w, c int, rows, cols []plan.LineTaps) kernel.Kernel[T] {
	body := func(p *plan.SpanPlan[T], lo, hi int) {
		for row := lo; row < hi; row++ {
			img, y := row/len(rows), row%len(rows)
			x := p.In[0][img*h*w*c:][:h*w*c]
			out := p.Out[row*len(cols)*c:][:len(cols)*c]
			for ox, taps := range cols {
				separablePixel(out[ox*c:][:c], x, w*c, c, rows[y], taps)
			}
		}
	}
	return &plan.SpanPlan[T]{Cut: plan.CutElements(n*len(rows), len(cols)*c), Body: body}
}

// separablePixel computes one output pixel from the image x, whose rows are stride apart.
func separablePixel[T kernel.Float](out, x []T, stride, c int, rows, cols plan.LineTaps) {
	first := true
	for _, r := range rows {
		for _, t := range cols {
			src, w := x[r.Line*stride+t.Line*c:][:c], T(r.Weight*t.Weight)
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
