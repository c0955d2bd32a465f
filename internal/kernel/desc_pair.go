package kernel

// ConvStats is Conv without an epilogue and BNStats of its output, in one pass. Inputs: x, w.
// Outputs: y [N,H,W,Co]; statistics [2,Co] of y as it is stored, as accurate as those of BNStats.
type ConvStats struct{ ConvShape }

func (d ConvStats) Inputs() []int { return []int{d.xLen(), d.wLen()} }
func (d ConvStats) Output() int   { return d.yLen() }
func (d ConvStats) Second() int   { return 2 * d.Co }
func (d ConvStats) FLOPs() int64  { return d.conv().FLOPs() + d.stats().FLOPs() }

// conv and stats are the two operations of d.
func (d ConvStats) conv() Conv {
	return Conv{ConvShape: d.ConvShape, Epilogue: Epilogue{Slope: 1}}
}
func (d ConvStats) stats() BNStats { return BNStats{Rows: d.N * d.H * d.W, C: d.Co} }
