package kernel

import "fmt"

// portable is the Go implementation of every descriptor, on any architecture.
type portable[T Float] struct{}

// Portable is the set of kernels written in plain Go. It plans every descriptor of this package and
// every Custom one; the set is the reference that faster ones fall back on.
func Portable[T Float]() Set[T] { return portable[T]{} }

func (portable[T]) Name() string { return "portable" }

// New plans d; an unknown descriptor or an impossible shape is an error that names it.
func (portable[T]) New(d Desc) (Kernel[T], error) {
	if err := check(d); err != nil {
		return nil, err
	}
	for _, family := range []func(Desc) Kernel[T]{newDense[T], newNorm[T], newSpatial[T], newPointwise[T]} {
		if k := family(d); k != nil {
			return k, nil
		}
	}
	if c, ok := d.(Custom); ok {
		if k := custom[T](c); k != nil {
			return k, nil
		}
	}
	return nil, fmt.Errorf("kernel set portable: unknown descriptor %T", d)
}

// custom takes the kernel of the right element type, nil where c has none.
func custom[T Float](c Custom) Kernel[T] {
	if k, ok := any(c.Kernel32(Portable[float32]())).(Kernel[T]); ok {
		return k
	}
	if k, ok := any(c.Kernel64()).(Kernel[T]); ok {
		return k
	}
	return nil
}

// newDense plans the matrix products; nil where d is none. A linear layer is a 1x1 convolution of
// one-pixel images.
func newDense[T Float](d Desc) Kernel[T] {
	switch d := d.(type) {
	case Conv:
		return newConv[T](d)
	case ConvStats:
		return newConvStats[T](d)
	case ConvDataGrad:
		return newConvDataGrad[T](d)
	case ConvWeightGrad:
		return newConvWeightGrad[T](d)
	case Linear:
		return newConv[T](Conv{ConvShape: d.conv(), Epilogue: Epilogue{Bias: true, Slope: 1}, ConstWeights: d.ConstWeights})
	case LinearDataGrad:
		return newConvDataGrad[T](ConvDataGrad{ConvShape: d.conv()})
	case LinearWeightGrad:
		return newConvWeightGrad[T](ConvWeightGrad{d.conv()})
	case BiasGrad:
		return newBiasGrad[T](d)
	}
	return nil
}

func (s LinearShape) conv() ConvShape {
	return ConvShape{N: s.N, H: 1, W: 1, Ci: s.In, Co: s.Out, K: 1}
}

func newNorm[T Float](d Desc) Kernel[T] {
	switch d := d.(type) {
	case BNStats:
		return newBNStats[T](d)
	case ABN:
		return newABN[T](d)
	case ABNAddReLU:
		return newABNAddReLU[T](d)
	case ABNEval:
		return newABNEval[T](d)
	case ABNReduce:
		return newABNReduce[T](d)
	case ABNResidualReduce:
		return newABNResidualReduce[T](d)
	case ABNInputGrad:
		return newABNInputGrad[T](d)
	case ABNGammaGrad:
		return newABNGammaGrad[T](d)
	case ABNBetaGrad:
		return newABNBetaGrad[T](d)
	}
	return nil
}

func newSpatial[T Float](d Desc) Kernel[T] {
	switch d := d.(type) {
	case SpaceToDepth:
		return newSpaceToDepth[T](d)
	case SpaceToDepthGrad:
		return newSpaceToDepthGrad[T](d)
	case BlurPool:
		return newBlurPool[T](d)
	case BlurPoolGrad:
		return newBlurPoolGrad[T](d)
	case AvgPool:
		return newAvgPool[T](d)
	case AvgPoolGrad:
		return newAvgPoolGrad[T](d)
	case GlobalPool:
		return newGlobalPool[T](d)
	case GlobalPoolGrad:
		return newGlobalPoolGrad[T](d)
	case ScaleChannels:
		return newScaleChannels[T](d)
	case ScaleChannelsGrad:
		return newScaleChannelsGrad[T](d)
	case SqueezeGrad:
		return newSqueezeGrad[T](d)
	case ScaleAddReLU:
		return newScaleAddReLU[T](d)
	}
	return nil
}

func newPointwise[T Float](d Desc) Kernel[T] {
	switch d := d.(type) {
	case Activate:
		return newActivate[T](d)
	case ActivateGrad:
		return newActivateGrad[T](d)
	case Add:
		return newAdd[T](d)
	case AddReLU:
		return newAddReLU[T](d)
	}
	return nil
}
