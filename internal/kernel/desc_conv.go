package kernel

// ConvShape is a stride-1 convolution with zero padding K/2 ("same"): x [N,H,W,Ci], weights
// [K,K,Ci,Co], y [N,H,W,Co]. K is odd (1 or 3 in TResNet).
type ConvShape struct {
	N, H, W, Ci, Co, K int // images, height, width, channels in and out, side of the kernel
}

// Epilogue is what a forward convolution does to each sum before it is stored:
// y = act(sum + bias + residual). act(v) = v for v >= 0, Slope*v below: 1 is the identity, 0 ReLU.
type Epilogue struct {
	Bias     bool    // input: bias [Co]
	Residual bool    // input: residual [N,H,W,Co], after the bias; out may be the same memory
	Slope    float64 // 1 = identity
}

// Conv is the forward convolution. Inputs: x, w, then bias and residual where Epilogue has them.
type Conv struct {
	ConvShape
	Epilogue
	// ConstWeights says that the weights do not change (inference): the kernel is a Prepacker, which takes them packed.
	ConstWeights bool
}

// ConvDataGrad is the gradient by x. Inputs: dy [N,H,W,Co], w, and with Accumulate what dx is added to
// [N,H,W,Ci], which may be the output's memory. Output: dx, or the sum.
type ConvDataGrad struct {
	ConvShape
	Accumulate bool // dx is added to the third input
}

// ConvWeightGrad is the gradient by w. Inputs: x, dy. Output: dw [K,K,Ci,Co].
type ConvWeightGrad struct{ ConvShape }

func (s ConvShape) xLen() int { return s.N * s.H * s.W * s.Ci }
func (s ConvShape) yLen() int { return s.N * s.H * s.W * s.Co }
func (s ConvShape) wLen() int { return s.K * s.K * s.Ci * s.Co }

// FLOPs counts all K*K taps of every pixel, padding included, as is customary.
func (s ConvShape) FLOPs() int64 {
	return 2 * int64(s.N*s.H*s.W) * int64(s.wLen())
}

// Inputs implements Desc.
func (d Conv) Inputs() []int {
	in := []int{d.xLen(), d.wLen()}
	if d.Bias {
		in = append(in, d.Co)
	}
	if d.Residual {
		in = append(in, d.yLen())
	}
	return in
}

// Output implements Desc.
func (d Conv) Output() int { return d.yLen() }

// Inputs implements Desc.
func (d ConvDataGrad) Inputs() []int {
	in := []int{d.yLen(), d.wLen()}
	if d.Accumulate {
		in = append(in, d.xLen())
	}
	return in
}

// Output implements Desc.
func (d ConvDataGrad) Output() int { return d.xLen() }

// Epilogue is that of the convolution which computes the gradient: what it is added to is a residual.
func (d ConvDataGrad) Epilogue() Epilogue { return Epilogue{Residual: d.Accumulate, Slope: 1} }

// Inputs implements Desc.
func (d ConvWeightGrad) Inputs() []int { return []int{d.xLen(), d.yLen()} }

// Output implements Desc.
func (d ConvWeightGrad) Output() int { return d.wLen() }

// LinearShape is y = x*w + b with x [N,In], w [In,Out], y [N,Out].
type LinearShape struct {
	N, In, Out int // rows, columns of x, columns of y
}

// Linear is the forward pass with bias. Inputs: x, w, b [Out].
type Linear struct {
	LinearShape
	ConstWeights bool // as Conv.ConstWeights
}

// LinearDataGrad is the gradient by x. Inputs: dy, w. Output: dx [N,In].
type LinearDataGrad struct{ LinearShape }

// LinearWeightGrad is the gradient by w. Inputs: x, dy. Output: dw [In,Out].
type LinearWeightGrad struct{ LinearShape }

// BiasGrad sums the rows of dy [Rows,C]. Input: dy. Output: [C].
type BiasGrad struct {
	Rows, C int // pixels of all images, channels
}

// FLOPs counts multiply-adds as two; the bias is not counted.
func (s LinearShape) FLOPs() int64 { return 2 * int64(s.N) * int64(s.In) * int64(s.Out) }

// Inputs implements Desc.
func (d Linear) Inputs() []int { return []int{d.N * d.In, d.In * d.Out, d.Out} }

// Output implements Desc.
func (d Linear) Output() int { return d.N * d.Out }

// Inputs implements Desc.
func (d LinearDataGrad) Inputs() []int { return []int{d.N * d.Out, d.In * d.Out} }

// Output implements Desc.
func (d LinearDataGrad) Output() int { return d.N * d.In }

// Inputs implements Desc.
func (d LinearWeightGrad) Inputs() []int { return []int{d.N * d.In, d.N * d.Out} }

// Output implements Desc.
func (d LinearWeightGrad) Output() int { return d.In * d.Out }

// Inputs implements Desc.
func (d BiasGrad) Inputs() []int { return []int{d.Rows * d.C} }

// Output implements Desc.
func (d BiasGrad) Output() int { return d.C }

// FLOPs implements Desc.
func (d BiasGrad) FLOPs() int64 { return int64(d.Rows) * int64(d.C) }

// Conv is the convolution of one-pixel images that the product is.
func (s LinearShape) Conv() ConvShape {
	return ConvShape{N: s.N, H: 1, W: 1, Ci: s.In, Co: s.Out, K: 1}
}
