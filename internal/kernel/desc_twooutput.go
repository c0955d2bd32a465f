package kernel

// ConvStats is Conv without an epilogue and BNStats of its output, in one pass. Inputs: x, w.
// Outputs: y [N,H,W,Co]; statistics [2,Co] of y as it is stored, as accurate as those of BNStats.
type ConvStats struct{ ConvShape }

// Inputs implements Desc.
func (d ConvStats) Inputs() []int { return []int{d.xLen(), d.wLen()} }

// Output implements Desc.
func (d ConvStats) Output() int { return d.yLen() }

// Aux implements TwoOutput.
func (d ConvStats) Aux() int { return 2 * d.Co }

// FLOPs implements Desc.
func (d ConvStats) FLOPs() int64 { return d.Conv().FLOPs() + d.Stats().FLOPs() }

// Conv is the first of the two operations of d.
func (d ConvStats) Conv() Conv {
	return Conv{ConvShape: d.ConvShape, Epilogue: Epilogue{Slope: 1}}
}

// Stats is the second.
func (d ConvStats) Stats() BNStats { return BNStats{Rows: d.N * d.H * d.W, C: d.Co} }

// ABNResidualReduce begins the backward pass of ABNAddReLU: the gradient d of the sum is dy where y > 0, else 0;
// ABNReduce of slope 1 sums it. Inputs: y, dy, z, stats [2,C]. Outputs: d, which may be dy; the sums of d
// and of d*xhat, [2,C].
type ABNResidualReduce struct {
	Rows, C int // pixels of all images, channels
}

// Inputs implements Desc.
func (d ABNResidualReduce) Inputs() []int {
	return []int{d.Rows * d.C, d.Rows * d.C, d.Rows * d.C, 2 * d.C}
}

// Output implements Desc.
func (d ABNResidualReduce) Output() int { return d.Rows * d.C }

// Aux implements TwoOutput.
func (d ABNResidualReduce) Aux() int { return 2 * d.C }

// FLOPs implements Desc.
func (d ABNResidualReduce) FLOPs() int64 { return 4 * int64(d.Rows) * int64(d.C) }
