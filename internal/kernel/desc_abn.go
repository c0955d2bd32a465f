package kernel

// ABNEps is added to the variance and to |gamma| (InPlaceABN).
const ABNEps = 1e-5

// ABNShape is an activated batch norm over Rows = N*H*W rows of C channels:
// y = act((|gamma|+eps) * (z-mean)/sqrt(var+eps) + beta), act(v) = v for v >= 0, Slope*v below;
// Slope 1 is the identity.
type ABNShape struct {
	Rows, C int     // rows, channels
	Slope   float64 // of act below 0
}

// BNStats computes per channel the mean and the biased variance of z. Input: z [Rows,C].
// Output: [2,C], means first. The variance is two-pass or equally accurate.
type BNStats struct {
	Rows, C int // pixels of all images, channels
}

// ABN normalises with batch statistics. Inputs: z, stats [2,C], gamma [C], beta [C]. Output: y.
// out may be z.
type ABN struct{ ABNShape }

// ABNAddReLU is max(0, ABN with slope 1 + residual), the end of a block in training.
// Inputs: z, stats [2,C], gamma [C], beta [C], residual [Rows,C]. Output: y. out may be z.
type ABNAddReLU struct {
	Rows, C int // pixels of all images, channels
}

// ABNEval normalises with running statistics. Inputs: z, mean [C], var [C], gamma, beta. out may be z.
type ABNEval struct{ ABNShape }

// ABNReduce computes the two sums that the backward pass needs, per channel:
// sum(dz') and sum(dz' * xhat), dz' = dy * act'. Inputs: kept, dy, stats, gamma, beta.
// kept is the output y if FromY (xhat = (act^-1(y)-beta)/(|gamma|+eps); needs Slope > 0), else the
// input z (xhat = (z-mean)/sqrt(var+eps)). Output: [2,C].
type ABNReduce struct {
	ABNShape
	FromY bool // kept is the output y, not z
}

// ABNInputGrad is the gradient by z:
// (|gamma|+eps)/sqrt(var+eps) * (dz' - mean(dz') - xhat*mean(dz'*xhat)).
// Inputs: kept, dy, stats, sums (from ABNReduce), gamma, beta. Output: dz; out may be dy.
type ABNInputGrad struct {
	ABNShape
	FromY bool // kept is the output y, not z
}

// ABNGammaGrad is sums[1], negated where gamma < 0 (d|w|/dw = +1 at 0 and -0).
// Inputs: sums [2,C], gamma [C]. Output: [C].
type ABNGammaGrad struct {
	C int // channels
}

// ABNBetaGrad is sums[0]. Input: sums [2,C]. Output: [C].
type ABNBetaGrad struct {
	C int // channels
}

// Inputs implements Desc.
func (d BNStats) Inputs() []int { return []int{d.Rows * d.C} }

// Output implements Desc.
func (d BNStats) Output() int { return 2 * d.C }

// FLOPs implements Desc.
func (d BNStats) FLOPs() int64 { return 4 * int64(d.Rows) * int64(d.C) }

func (s ABNShape) len() int { return s.Rows * s.C }

// FLOPs implements Desc.
func (s ABNShape) FLOPs() int64 { return 3 * int64(s.Rows) * int64(s.C) }

// Inputs implements Desc.
func (d ABN) Inputs() []int { return []int{d.len(), 2 * d.C, d.C, d.C} }

// Output implements Desc.
func (d ABN) Output() int { return d.len() }

// Inputs implements Desc.
func (d ABNAddReLU) Inputs() []int {
	return []int{d.Rows * d.C, 2 * d.C, d.C, d.C, d.Rows * d.C}
}

// Output implements Desc.
func (d ABNAddReLU) Output() int { return d.Rows * d.C }

// FLOPs implements Desc.
func (d ABNAddReLU) FLOPs() int64 { return 5 * int64(d.Rows) * int64(d.C) }

// Norm is the batch norm of d.
func (d ABNAddReLU) Norm() ABN { return ABN{ABNShape{Rows: d.Rows, C: d.C, Slope: 1}} }

// Inputs implements Desc.
func (d ABNEval) Inputs() []int { return []int{d.len(), d.C, d.C, d.C, d.C} }

// Output implements Desc.
func (d ABNEval) Output() int { return d.len() }

// Inputs implements Desc.
func (d ABNReduce) Inputs() []int { return []int{d.len(), d.len(), 2 * d.C, d.C, d.C} }

// Output implements Desc.
func (d ABNReduce) Output() int { return 2 * d.C }

// Inputs implements Desc.
func (d ABNInputGrad) Inputs() []int {
	return []int{d.len(), d.len(), 2 * d.C, 2 * d.C, d.C, d.C}
}

// Output implements Desc.
func (d ABNInputGrad) Output() int { return d.len() }

// Inputs implements Desc.
func (d ABNGammaGrad) Inputs() []int { return []int{2 * d.C, d.C} }

// Output implements Desc.
func (d ABNGammaGrad) Output() int { return d.C }

// FLOPs implements Desc.
func (d ABNGammaGrad) FLOPs() int64 { return int64(d.C) }

// Inputs implements Desc.
func (d ABNBetaGrad) Inputs() []int { return []int{2 * d.C} }

// Output implements Desc.
func (d ABNBetaGrad) Output() int { return d.C }

// FLOPs implements Desc.
func (d ABNBetaGrad) FLOPs() int64 { return 0 }
