package kernel

// MapShape is a feature map [N,H,W,C].
type MapShape struct {
	N, H, W, C int // images, height, width, channels
}

// Len is the number of elements.
func (s MapShape) Len() int { return s.N * s.H * s.W * s.C }

// FLOPs implements Desc.
func (s MapShape) FLOPs() int64 { return int64(s.Len()) }

// Half is the side after a stride-2 reduction: ceil(n/2), for blur and average pool alike.
func Half(n int) int { return (n + 1) / 2 }

// SpaceToDepth turns [N,H,W,C] into [N,H/4,W/4,16C]; output channel = (dy*4+dx)*C + c.
// H and W are multiples of 4. Input: x.
type SpaceToDepth struct{ MapShape }

// SpaceToDepthGrad is its inverse (and gradient): [N,H/4,W/4,16C] to [N,H,W,C]; fields are those of x.
type SpaceToDepthGrad struct{ MapShape }

// BlurPool pads by one pixel by reflection, filters each channel with the binomial
// [1 2 1]x[1 2 1]/16 and keeps every second pixel: [N,H,W,C] to [N,ceil(H/2),ceil(W/2),C].
// H, W >= 2. Input: x.
type BlurPool struct{ MapShape }

// BlurPoolGrad is the gradient by x; fields are those of x. Input: dy. Output: dx.
type BlurPoolGrad struct{ MapShape }

// AvgPool averages 2x2 windows with stride 2, ceil mode, padding not counted:
// [N,H,W,C] to [N,ceil(H/2),ceil(W/2),C]. Input: x.
type AvgPool struct{ MapShape }

// AvgPoolGrad is the gradient by x; fields are those of x. Input: dy. Output: dx.
type AvgPoolGrad struct{ MapShape }

// GlobalPool averages each channel over H,W: [N,H,W,C] to [N,C]. Input: x.
type GlobalPool struct{ MapShape }

// GlobalPoolGrad is the gradient by x. Input: dy [N,C]. Output: dx.
type GlobalPoolGrad struct{ MapShape }

// ScaleChannels is y[n,h,w,c] = x[n,h,w,c]*s[n,c] (squeeze-excite; also its gradient by x with dy
// for x). Inputs: x, s [N,C]. out may be x.
type ScaleChannels struct{ MapShape }

// ScaleChannelsGrad is the gradient by s: sum over h,w of dy*x. Inputs: x, dy. Output: [N,C].
type ScaleChannelsGrad struct{ MapShape }

// SqueezeGrad is the gradient by x of squeeze-excite, y = x*s with s made of x's global averages, from
// both ways on which y depends on x: dy[n,h,w,c]*s[n,c] + g[n,c]/(H*W), g the gradient by the averages.
// Inputs: dy, s [N,C], g [N,C]. out may be dy.
type SqueezeGrad struct{ MapShape }

// ScaleAddReLU is max(0, x*s + residual): the end of a basic block with squeeze-excite.
// Inputs: x, s [N,C], residual. out may be x or residual.
type ScaleAddReLU struct{ MapShape }

// Inputs implements Desc.
func (d SpaceToDepth) Inputs() []int { return []int{d.Len()} }

// Output implements Desc.
func (d SpaceToDepth) Output() int { return d.Len() }

// FLOPs implements Desc.
func (d SpaceToDepth) FLOPs() int64 { return 0 }

// Inputs implements Desc.
func (d SpaceToDepthGrad) Inputs() []int { return []int{d.Len()} }

// Output implements Desc.
func (d SpaceToDepthGrad) Output() int { return d.Len() }

// FLOPs implements Desc.
func (d SpaceToDepthGrad) FLOPs() int64 { return 0 }

func (s MapShape) halfLen() int { return s.N * Half(s.H) * Half(s.W) * s.C }

// Inputs implements Desc.
func (d BlurPool) Inputs() []int { return []int{d.Len()} }

// Output implements Desc.
func (d BlurPool) Output() int { return d.halfLen() }

// FLOPs implements Desc.
func (d BlurPool) FLOPs() int64 { return 18 * int64(d.halfLen()) }

// Inputs implements Desc.
func (d BlurPoolGrad) Inputs() []int { return []int{d.halfLen()} }

// Output implements Desc.
func (d BlurPoolGrad) Output() int { return d.Len() }

// FLOPs implements Desc.
func (d BlurPoolGrad) FLOPs() int64 { return 18 * int64(d.halfLen()) }

// Inputs implements Desc.
func (d AvgPool) Inputs() []int { return []int{d.Len()} }

// Output implements Desc.
func (d AvgPool) Output() int { return d.halfLen() }

// Inputs implements Desc.
func (d AvgPoolGrad) Inputs() []int { return []int{d.halfLen()} }

// Output implements Desc.
func (d AvgPoolGrad) Output() int { return d.Len() }

// Inputs implements Desc.
func (d GlobalPool) Inputs() []int { return []int{d.Len()} }

// Output implements Desc.
func (d GlobalPool) Output() int { return d.N * d.C }

// Inputs implements Desc.
func (d GlobalPoolGrad) Inputs() []int { return []int{d.N * d.C} }

// Output implements Desc.
func (d GlobalPoolGrad) Output() int { return d.Len() }

// Inputs implements Desc.
func (d ScaleChannels) Inputs() []int { return []int{d.Len(), d.N * d.C} }

// Output implements Desc.
func (d ScaleChannels) Output() int { return d.Len() }

// Inputs implements Desc.
func (d ScaleChannelsGrad) Inputs() []int { return []int{d.Len(), d.Len()} }

// Output implements Desc.
func (d ScaleChannelsGrad) Output() int { return d.N * d.C }

// FLOPs implements Desc.
func (d ScaleChannelsGrad) FLOPs() int64 { return 2 * int64(d.Len()) }

// Inputs implements Desc.
func (d SqueezeGrad) Inputs() []int { return []int{d.Len(), d.N * d.C, d.N * d.C} }

// Output implements Desc.
func (d SqueezeGrad) Output() int { return d.Len() }

// FLOPs implements Desc.
func (d SqueezeGrad) FLOPs() int64 { return 2 * int64(d.Len()) }

// Inputs implements Desc.
func (d ScaleAddReLU) Inputs() []int { return []int{d.Len(), d.N * d.C, d.Len()} }

// Output implements Desc.
func (d ScaleAddReLU) Output() int { return d.Len() }

// FLOPs implements Desc.
func (d ScaleAddReLU) FLOPs() int64 { return 3 * int64(d.Len()) }
