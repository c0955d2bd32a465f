package kernel

// Activation names a pointwise function.
type Activation int

// The pointwise functions of TResNet outside ABN.
const (
	ReLU Activation = iota
	Sigmoid
)

// Activate applies Kind to Len elements. Input: x. out may be x.
type Activate struct {
	Len  int        // elements
	Kind Activation // which function
}

// ActivateGrad is the gradient from the output: dy*(y>0) for ReLU, dy*y*(1-y) for Sigmoid.
// Inputs: y, dy. out may be dy.
type ActivateGrad struct {
	Len  int        // elements
	Kind Activation // which function
}

// Add is a+b. Inputs: a, b. out may be either.
type Add struct {
	Len int // elements
}

// AddReLU is max(0, a+b), the end of a block. Inputs: a, b. out may be either.
// Its gradient by both is ActivateGrad{ReLU}.
type AddReLU struct {
	Len int // elements
}

// Inputs implements Desc.
func (d Activate) Inputs() []int { return []int{d.Len} }

// Output implements Desc.
func (d Activate) Output() int { return d.Len }

// FLOPs implements Desc.
func (d Activate) FLOPs() int64 { return int64(d.Len) }

// Inputs implements Desc.
func (d ActivateGrad) Inputs() []int { return []int{d.Len, d.Len} }

// Output implements Desc.
func (d ActivateGrad) Output() int { return d.Len }

// FLOPs implements Desc.
func (d ActivateGrad) FLOPs() int64 { return int64(d.Len) }

// Inputs implements Desc.
func (d Add) Inputs() []int { return []int{d.Len, d.Len} }

// Output implements Desc.
func (d Add) Output() int { return d.Len }

// FLOPs implements Desc.
func (d Add) FLOPs() int64 { return int64(d.Len) }

// Inputs implements Desc.
func (d AddReLU) Inputs() []int { return []int{d.Len, d.Len} }

// Output implements Desc.
func (d AddReLU) Output() int { return d.Len }

// FLOPs implements Desc.
func (d AddReLU) FLOPs() int64 { return int64(d.Len) }
