package kernel

import "math"

// The loops are functions of their own, as Go does not inline into closures of generic functions.

func newActivate[T Float](d Activate) Kernel[T] {
	loop := reluAll[T]
	if d.Kind == Sigmoid {
		loop = sigmoidAll[T]
	}
	return &spanPlan[T]{cut: cutElements(d.Len, 1), body: func(p *spanPlan[T], lo, hi int) {
		loop(p.out[lo:hi], p.in[0][lo:hi])
	}}
}

func newActivateGrad[T Float](d ActivateGrad) Kernel[T] {
	loop := reluGrad[T]
	if d.Kind == Sigmoid {
		loop = sigmoidGrad[T]
	}
	return newPairs[T](d.Len, loop)
}

func newAdd[T Float](d Add) Kernel[T] { return newPairs[T](d.Len, addAll[T]) }

func newAddReLU[T Float](d AddReLU) Kernel[T] { return newPairs[T](d.Len, addReLU[T]) }

// newPairs plans a loop over two inputs of n elements.
func newPairs[T Float](n int, loop func(out, a, b []T)) Kernel[T] {
	return &spanPlan[T]{cut: cutElements(n, 1), body: func(p *spanPlan[T], lo, hi int) {
		loop(p.out[lo:hi], p.in[0][lo:hi], p.in[1][lo:hi])
	}}
}

func reluAll[T Float](out, x []T) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] = relu(v)
	}
}

func sigmoidAll[T Float](out, x []T) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] = sigmoid(v)
	}
}

func reluGrad[T Float](out, y, dy []T) {
	out, dy = out[:len(y)], dy[:len(y)]
	factor := [2]T{0, 1}
	for i, v := range y {
		out[i] = dy[i] * factor[below0(-v)]
	}
}

func sigmoidGrad[T Float](out, y, dy []T) {
	out, dy = out[:len(y)], dy[:len(y)]
	for i, v := range y {
		out[i] = dy[i] * v * (1 - v)
	}
}

func addAll[T Float](out, a, b []T) {
	out, b = out[:len(a)], b[:len(a)]
	for i, v := range a {
		out[i] = v + b[i]
	}
}

func addReLU[T Float](out, a, b []T) {
	out, b = out[:len(a)], b[:len(a)]
	for i, v := range a {
		out[i] = relu(v + b[i])
	}
}

// relu keeps NaN, as PyTorch's does.
func relu[T Float](v T) T { return max(0, v) }

// sigmoid is computed in float64, so that a float32 result is correctly rounded but for rare ties.
func sigmoid[T Float](v T) T { return T(1 / (1 + math.Exp(-float64(v)))) }
