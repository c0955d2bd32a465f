package kernel

import "math"

func newActivate[T Float](d Activate) Kernel[T] {
	body := func(p *spanPlan[T], lo, hi int) {
		out, x := p.out[lo:hi], p.in[0][lo:hi]
		for i, v := range x {
			out[i] = relu(v)
		}
	}
	if d.Kind == Sigmoid {
		body = func(p *spanPlan[T], lo, hi int) {
			out, x := p.out[lo:hi], p.in[0][lo:hi]
			for i, v := range x {
				out[i] = sigmoid(v)
			}
		}
	}
	return &spanPlan[T]{cut: cutElements(d.Len, 1), body: body}
}

func newActivateGrad[T Float](d ActivateGrad) Kernel[T] {
	body := func(p *spanPlan[T], lo, hi int) {
		out, y, dy := p.out[lo:hi], p.in[0][lo:hi], p.in[1][lo:hi]
		factor := [2]T{0, 1}
		for i, v := range y {
			out[i] = dy[i] * factor[below0(-v)]
		}
	}
	if d.Kind == Sigmoid {
		body = func(p *spanPlan[T], lo, hi int) {
			out, y, dy := p.out[lo:hi], p.in[0][lo:hi], p.in[1][lo:hi]
			for i, v := range y {
				out[i] = dy[i] * v * (1 - v)
			}
		}
	}
	return &spanPlan[T]{cut: cutElements(d.Len, 1), body: body}
}

func newAdd[T Float](d Add) Kernel[T] {
	return &spanPlan[T]{cut: cutElements(d.Len, 1), body: func(p *spanPlan[T], lo, hi int) {
		out, a, b := p.out[lo:hi], p.in[0][lo:hi], p.in[1][lo:hi]
		for i, v := range a {
			out[i] = v + b[i]
		}
	}}
}

func newAddReLU[T Float](d AddReLU) Kernel[T] {
	return &spanPlan[T]{cut: cutElements(d.Len, 1), body: func(p *spanPlan[T], lo, hi int) {
		out, a, b := p.out[lo:hi], p.in[0][lo:hi], p.in[1][lo:hi]
		for i, v := range a {
			out[i] = relu(v + b[i])
		}
	}}
}

// relu keeps NaN, as PyTorch's does.
func relu[T Float](v T) T { return max(0, v) }

// sigmoid is computed in float64, so that a float32 result is correctly rounded but for rare ties.
func sigmoid[T Float](v T) T { return T(1 / (1 + math.Exp(-float64(v)))) }
