package portable

import (
	"math"

	"csl/internal/kernel"
	"csl/internal/kernel/plan"
)

// The loops are functions of their own, as Go does not inline into closures of generic functions.

func newActivate[T kernel.Float](d kernel.Activate) kernel.Kernel[T] {
	loop := reluAll[T]
	if d.Kind == kernel.Sigmoid {
		loop = sigmoidAll[T]
	}
	return &plan.SpanPlan[T]{Cut: plan.CutElements(d.Len, 1), Body: func(p *plan.SpanPlan[T], lo, hi int) {
		loop(p.Out[lo:hi], p.In[0][lo:hi])
	}}
}

func newActivateGrad[T kernel.Float](d kernel.ActivateGrad) kernel.Kernel[T] {
	loop := reluGrad[T]
	if d.Kind == kernel.Sigmoid {
		loop = sigmoidGrad[T]
	}
	return newPairs[T](d.Len, loop)
}

func newAdd[T kernel.Float](d kernel.Add) kernel.Kernel[T] { return newPairs[T](d.Len, addAll[T]) }

func newAddReLU[T kernel.Float](d kernel.AddReLU) kernel.Kernel[T] {
	return newPairs[T](d.Len, addReLU[T])
}

// newPairs plans a loop over two inputs of n elements.
func newPairs[T kernel.Float](n int, loop func(out, a, b []T)) kernel.Kernel[T] {
	return &plan.SpanPlan[T]{Cut: plan.CutElements(n, 1), Body: func(p *plan.SpanPlan[T], lo, hi int) {
		loop(p.Out[lo:hi], p.In[0][lo:hi], p.In[1][lo:hi])
	}}
}

func reluAll[T kernel.Float](out, x []T) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] = plan.ReLU(v)
	}
}

func sigmoidAll[T kernel.Float](out, x []T) {
	out = out[:len(x)]
	for i, v := range x {
		out[i] = sigmoid(v)
	}
}

func reluGrad[T kernel.Float](out, y, dy []T) {
	out, dy = out[:len(y)], dy[:len(y)]
	factor := [2]T{0, 1}
	for i, v := range y {
		out[i] = dy[i] * factor[plan.Below0(-v)]
	}
}

func sigmoidGrad[T kernel.Float](out, y, dy []T) {
	out, dy = out[:len(y)], dy[:len(y)]
	for i, v := range y {
		out[i] = dy[i] * v * (1 - v)
	}
}

func addAll[T kernel.Float](out, a, b []T) {
	out, b = out[:len(a)], b[:len(a)]
	for i, v := range a {
		out[i] = v + b[i]
	}
}

func addReLU[T kernel.Float](out, a, b []T) {
	out, b = out[:len(a)], b[:len(a)]
	for i, v := range a {
		out[i] = plan.ReLU(v + b[i])
	}
}

// sigmoid is computed in float64, so that a float32 result is correctly rounded but for rare ties.
func sigmoid[T kernel.Float](v T) T { return T(1 / (1 + math.Exp(-float64(v)))) }
