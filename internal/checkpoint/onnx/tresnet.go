package onnx

import (
	"fmt"

	"csl/internal/model"
)

// model spells out the whole network, from x to logits and scores.
func (b *builder) model(x string) {
	x = b.g.node("SpaceToDepth", "body.SpaceToDepth", []string{x}, attr{"blocksize", 4})
	x = b.unit("body.conv1", x, b.spec.StemSlope)
	for i, blocks := range b.spec.Stages {
		for j := range blocks {
			x = b.block(fmt.Sprintf("body.layer%d.%d", i+1, j), x, b.spec.Kinds[i], i > 0 && j == 0)
		}
	}
	x = b.g.node("GlobalAveragePool", "global_pool", []string{x})
	x = b.g.node("Flatten", "features", []string{x}, attr{"axis", 1})
	if b.spec.Head == model.BottleneckHead {
		x = b.linear("head.fc.embedding_generator.0", "embedding", x)
		x = b.linear("head.fc.FC", "logits", x)
	} else {
		x = b.linear("head.fc", "logits", x)
	}
	b.g.node("Sigmoid", "scores", []string{x})
}

// block is a residual block; half means that it halves the sides.
func (b *builder) block(name, x string, kind model.BlockKind, half bool) string {
	y := x
	if kind == model.Basic {
		y = b.spatial(name+".conv1", y, half)
		y = b.unit(name+".conv2", y, 1)
		y = b.squeeze(name+".se", y)
	} else {
		y = b.unit(name+".conv1", y, b.spec.Slope)
		y = b.spatial(name+".conv2", y, half)
		y = b.squeeze(name+".se", y)
		y = b.unit(name+".conv3", y, 1)
	}
	y = b.g.node("Add", name+".add", []string{y, b.shortcut(name, x, half)})
	return b.g.node("Relu", name, []string{y})
}

// shortcut is the residual's way: x itself, a 1x1 convolution where the width
// changes, behind an average pool where the sides are halved.
func (b *builder) shortcut(name, x string, half bool) string {
	if half {
		x = b.g.node("AveragePool", name+".downsample.0", []string{x}, attr{"kernel_shape", []int{2, 2}},
			attr{"strides", []int{2, 2}}, attr{"ceil_mode", 1}, attr{"count_include_pad", 0})
		return b.unit(name+".downsample.1", x, 1)
	}
	if b.has(name + ".downsample.0.0.weight") {
		return b.unit(name+".downsample.0", x, 1)
	}
	return x
}

// spatial is a 3x3 unit, followed by a blur pool if it halves the sides.
func (b *builder) spatial(name, x string, half bool) string {
	if !half {
		return b.unit(name, x, b.spec.Slope)
	}
	x = b.unit(name+".0", x, b.spec.Slope)
	channels := b.shape(name + ".0.1.weight")[0]
	pads := b.g.ints(name+".pads", 0, 0, 1, 1, 0, 0, 1, 1)
	x = b.g.node("Pad", name+".pad", []string{x, pads}, attr{"mode", "reflect"})
	filter := b.g.floats(name+".filter", []int{channels, 1, 3, 3}, func() []float32 { return blurFilter(channels) })
	return b.g.node("Conv", name+".blur", []string{x, filter}, attr{"kernel_shape", []int{3, 3}},
		attr{"strides", []int{2, 2}}, attr{"group", channels})
}

// blurFilter is the binomial filter, once per channel.
func blurFilter(channels int) []float32 {
	line := [3]float32{0.25, 0.5, 0.25}
	all := make([]float32, 0, 9*channels)
	for range channels {
		for i := range 9 {
			all = append(all, line[i/3]*line[i%3])
		}
	}
	return all
}

// unit is a convolution with its batch norm folded in, and a leaky ReLU unless
// the slope is 1.
func (b *builder) unit(name, x string, slope float64) string {
	shape := b.shape(name + ".0.weight")
	k := shape[2]
	scale, bias, ok := b.weights.FoldedNorm(name)
	if !ok && b.err == nil {
		b.err = fmt.Errorf("unit %q has no batch norm", name)
	}
	weight := b.g.floats(name+".weight", shape, func() []float32 { return scaled(b.get(name+".0.weight"), scale) })
	offset := b.g.floats(name+".bias", shape[:1], func() []float32 { return bias })
	x = b.g.node("Conv", name+".conv", []string{x, weight, offset}, attr{"kernel_shape", []int{k, k}},
		attr{"pads", []int{k / 2, k / 2, k / 2, k / 2}})
	if slope == 1 {
		return x
	}
	return b.g.node("LeakyRelu", name, []string{x}, attr{"alpha", float32(slope)})
}

// scaled multiplies each output channel of OIHW weights by its factor.
func scaled(weights []float32, scale []float64) []float32 {
	per := len(weights) / len(scale)
	for i, v := range weights {
		weights[i] = float32(float64(v) * scale[i/per])
	}
	return weights
}

// squeeze is squeeze-excite, where the model has it.
func (b *builder) squeeze(name, x string) string {
	if !b.has(name + ".fc1.weight") {
		return x
	}
	s := b.g.node("GlobalAveragePool", name+".pool", []string{x})
	s = b.g.node("Conv", name+".fc1", []string{s, b.weight(name + ".fc1.weight"), b.weight(name + ".fc1.bias")})
	s = b.g.node("Relu", name+".relu", []string{s})
	s = b.g.node("Conv", name+".fc2", []string{s, b.weight(name + ".fc2.weight"), b.weight(name + ".fc2.bias")})
	s = b.g.node("Sigmoid", name+".gate", []string{s})
	return b.g.node("Mul", name, []string{x, s})
}

// linear is a fully connected layer whose output is called out.
func (b *builder) linear(name, out, x string) string {
	return b.g.node("Gemm", out, []string{x, b.weight(name + ".weight"), b.weight(name + ".bias")}, attr{"transB", 1})
}
