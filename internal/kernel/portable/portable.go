// Package portable holds the kernels written in plain Go, generic over float32 and float64: the reference that
// faster sets are compared with and fall back on. It knows no instruction set.
package portable

import (
	"fmt"

	"csl/internal/kernel"
)

// portable is the Go implementation of every descriptor, on any architecture.
type portable[T kernel.Float] struct{}

// New is the set of kernels written in plain Go. It plans every descriptor of package kernel and
// every Custom one; the set is the reference that faster ones fall back on.
func New[T kernel.Float]() kernel.Set[T] { return portable[T]{} }

func (portable[T]) Name() string { return "portable" }

// New plans d; an unknown descriptor or an impossible shape is an error that names it.
func (portable[T]) New(d kernel.Desc) (kernel.Kernel[T], error) {
	if err := kernel.Check(d); err != nil {
		return nil, err
	}
	for _, family := range []func(kernel.Desc) kernel.Kernel[T]{newDense[T], newNorm[T], newSpatial[T], newPointwise[T]} {
		if k := family(d); k != nil {
			return k, nil
		}
	}
	if c, ok := d.(kernel.Custom); ok {
		if k := custom[T](c); k != nil {
			return k, nil
		}
	}
	return nil, fmt.Errorf("kernel set portable: unknown descriptor %T", d)
}

// custom takes the kernel of the right element type, nil where c has none.
func custom[T kernel.Float](c kernel.Custom) kernel.Kernel[T] {
	if k, ok := any(c.Kernel32(New[float32]())).(kernel.Kernel[T]); ok {
		return k
	}
	if k, ok := any(c.Kernel64()).(kernel.Kernel[T]); ok {
		return k
	}
	return nil
}

// newDense plans the matrix products; nil where d is none. A linear layer is a 1x1 convolution of
// one-pixel images.
func newDense[T kernel.Float](d kernel.Desc) kernel.Kernel[T] {
	switch d := d.(type) {
	case kernel.Conv:
		return newConv[T](d)
	case kernel.ConvStats:
		return newConvStats[T](d)
	case kernel.ConvDataGrad:
		return newConvDataGrad[T](d)
	case kernel.ConvWeightGrad:
		return newConvWeightGrad[T](d)
	case kernel.Linear:
		return newConv[T](kernel.Conv{ConvShape: d.Conv(), Epilogue: kernel.Epilogue{Bias: true, Slope: 1}, ConstWeights: d.ConstWeights})
	case kernel.LinearDataGrad:
		return newConvDataGrad[T](kernel.ConvDataGrad{ConvShape: d.Conv()})
	case kernel.LinearWeightGrad:
		return newConvWeightGrad[T](kernel.ConvWeightGrad{ConvShape: d.Conv()})
	case kernel.BiasGrad:
		return newBiasGrad[T](d)
	}
	return nil
}

func newNorm[T kernel.Float](d kernel.Desc) kernel.Kernel[T] {
	switch d := d.(type) {
	case kernel.BNStats:
		return NewBNStats[T](d)
	case kernel.ABN:
		return NewABN[T](d)
	case kernel.ABNAddReLU:
		return newABNAddReLU[T](d)
	case kernel.ABNEval:
		return NewABNEval[T](d)
	case kernel.ABNReduce:
		return newABNReduce[T](d)
	case kernel.ABNResidualReduce:
		return newABNResidualReduce[T](d)
	case kernel.ABNInputGrad:
		return newABNInputGrad[T](d)
	case kernel.ABNGammaGrad:
		return newABNGammaGrad[T](d)
	case kernel.ABNBetaGrad:
		return newABNBetaGrad[T](d)
	}
	return nil
}

func newSpatial[T kernel.Float](d kernel.Desc) kernel.Kernel[T] {
	switch d := d.(type) {
	case kernel.SpaceToDepth:
		return newSpaceToDepth[T](d)
	case kernel.SpaceToDepthGrad:
		return newSpaceToDepthGrad[T](d)
	case kernel.BlurPool:
		return newBlurPool[T](d)
	case kernel.BlurPoolGrad:
		return newBlurPoolGrad[T](d)
	case kernel.AvgPool:
		return newAvgPool[T](d)
	case kernel.AvgPoolGrad:
		return newAvgPoolGrad[T](d)
	case kernel.GlobalPool:
		return newGlobalPool[T](d)
	case kernel.GlobalPoolGrad:
		return newGlobalPoolGrad[T](d)
	case kernel.ScaleChannels:
		return newScaleChannels[T](d)
	case kernel.ScaleChannelsGrad:
		return newScaleChannelsGrad[T](d)
	case kernel.SqueezeGrad:
		return newSqueezeGrad[T](d)
	case kernel.ScaleAddReLU:
		return newScaleAddReLU[T](d)
	}
	return nil
}

func newPointwise[T kernel.Float](d kernel.Desc) kernel.Kernel[T] {
	switch d := d.(type) {
	case kernel.Activate:
		return newActivate[T](d)
	case kernel.ActivateGrad:
		return newActivateGrad[T](d)
	case kernel.Add:
		return newAdd[T](d)
	case kernel.AddReLU:
		return newAddReLU[T](d)
	}
	return nil
}
