package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"csl/internal/graph"
	"csl/internal/kernel"
)

// mode is what a graph is for.
type mode int

const (
	training  mode = iota // batch statistics
	evaluate              // running statistics
	inference             // norms folded into the convolutions, the rest fused into their epilogues
)

// builder adds the layers of a model to a graph. The first error sticks; what comes after it is
// skipped.
type builder struct {
	g         *graph.Graph
	w         *Weights
	mode      mode
	sharer    graph.Sharer // of training: whose batch the norms take; nil for that of the net
	constants *constants   // for inference; nil leaves their values out
	err       error
	inputs    []modelInput
	params    map[string]*G.Node // trainable inputs
	stats     []statsNode
	stages    []stageNode // outputs by the reference's module names
}

// modelInput is an input node and what belongs there: host values, or a constant.
type modelInput struct {
	node     *G.Node
	data     []float32
	constant *constant
}

// statsNode is the node with the batch statistics of a unit, and where their running averages are.
type statsNode struct {
	node           *G.Node
	rows           int
	mean, variance []float32
	count          *int64
}

// statsNode finds what the batch statistics of u update.
func (w *Weights) statsNode(u unit, n *G.Node, rows int) statsNode {
	return statsNode{
		node: n, rows: rows,
		mean: w.raw(u.name + ".1.running_mean"), variance: w.raw(u.name + ".1.running_var"),
		count: &w.counts[w.index[u.name+".1.num_batches_tracked"]],
	}
}

// stageNode is the output of a part of the body.
type stageNode struct {
	name string
	node *G.Node
}

// do runs one step of building unless an earlier one failed, and labels the result.
func (b *builder) do(layer string, f func() (*G.Node, error)) *G.Node {
	if b.err != nil {
		return nil
	}
	n, err := f()
	if err != nil {
		b.err = fmt.Errorf("layer %s: %w", layer, err)
		return nil
	}
	return graph.Label(n, layer)
}

// input adds an input node for values of the host.
func (b *builder) input(name string, shape []int, data []float32) *G.Node {
	return b.do(name, func() (*G.Node, error) {
		n, err := b.g.Input(name, shape...)
		b.inputs = append(b.inputs, modelInput{node: n, data: data})
		return n, err
	})
}

// tensor adds an input node for one of the weights.
func (b *builder) tensor(name string) *G.Node {
	e := b.w.entries[b.w.index[name]]
	n := b.input(name, internalShape(e), b.w.raw(name))
	if e.Kind.IsParam() {
		b.params[name] = n
	}
	return n
}

// weights is tensor, or a constant at inference.
func (b *builder) weights(name string) *G.Node {
	if b.mode == inference {
		return b.constant(constant{name: name})
	}
	return b.tensor(name)
}

// constant adds an input node for constant weights.
func (b *builder) constant(t constant) *G.Node {
	return b.do(t.name, func() (*G.Node, error) {
		n, err := b.g.Input(t.name, internalShape(b.w.entries[b.w.index[t.name]])...)
		b.inputs = append(b.inputs, modelInput{node: n, constant: &t})
		return n, err
	})
}

// conv is a unit's convolution of x and the factor and shift of its norm.
func (b *builder) conv(u unit, x *G.Node) (z, gamma, beta *G.Node) {
	w := b.tensor(u.name + ".0.weight")
	z = b.do(u.name+".0", func() (*G.Node, error) { return graph.Conv(x, w) })
	return z, b.tensor(u.name + ".1.weight"), b.tensor(u.name + ".1.bias")
}

// trained is a unit's norm, as f makes it of the convolution's output z, with the statistics of the batch.
func (b *builder) trained(u unit, z *G.Node, f func() (y, stats *G.Node, err error)) *G.Node {
	return b.do(u.name+".1", func() (*G.Node, error) {
		y, stats, err := f()
		if err == nil {
			s := z.Shape()
			b.stats = append(b.stats, b.w.statsNode(u, graph.Label(stats, u.name+".1"), s[0]*s[1]*s[2]))
		}
		return y, err
	})
}

// unit is a convolution with its norm and activation.
func (b *builder) unit(u unit, x *G.Node) *G.Node {
	if b.mode == inference {
		return b.fused(u, x, nil, u.slope)
	}
	z, gamma, beta := b.conv(u, x)
	if b.mode == training {
		return b.trained(u, z, func() (y, stats *G.Node, err error) { return graph.ABN(z, gamma, beta, u.slope, b.sharer) })
	}
	mean, variance := b.tensor(u.name+".1.running_mean"), b.tensor(u.name+".1.running_var")
	return b.do(u.name+".1", func() (*G.Node, error) {
		return graph.ABNEval(z, mean, variance, gamma, beta, u.slope)
	})
}

// fused is a convolution with its folded norm, a residual if there is one, and an activation.
func (b *builder) fused(u unit, x, residual *G.Node, slope float64) *G.Node {
	w := b.constant(constant{u.name + ".0.weight", &u})
	c := b.input(u.name+".folded.bias", []int{u.out}, b.constants.bias(u))
	return b.do(u.name, func() (*G.Node, error) {
		return graph.ConvFused(x, w, graph.FusedOptions{Bias: c, Residual: residual, Slope: slope})
	})
}

// joined is max(0, unit(x) + residual): the end of a block.
func (b *builder) joined(layer string, u unit, x, residual *G.Node) *G.Node {
	switch b.mode {
	case inference:
		return b.fused(u, x, residual, 0)
	case training:
		z, gamma, beta := b.conv(u, x)
		return b.trained(u, z, func() (y, stats *G.Node, err error) { return graph.ABNAddReLU(z, gamma, beta, residual, b.sharer) })
	}
	y := b.unit(u, x)
	return b.do(layer, func() (*G.Node, error) { return graph.AddReLU(y, residual) })
}

// factors is what squeeze-excite multiplies the channels of x with.
func (b *builder) factors(s *squeeze, x *G.Node) *G.Node {
	v := b.do(s.name, func() (*G.Node, error) { return graph.GlobalPool(x) })
	v = b.linear(s.name+".fc1", v)
	v = b.do(s.name+".fc1", func() (*G.Node, error) { return graph.Activate(v, kernel.ReLU) })
	v = b.linear(s.name+".fc2", v)
	return b.do(s.name+".fc2", func() (*G.Node, error) { return graph.Activate(v, kernel.Sigmoid) })
}

func (b *builder) linear(name string, x *G.Node) *G.Node {
	w, c := b.weights(name+".weight"), b.tensor(name+".bias")
	return b.do(name, func() (*G.Node, error) { return graph.Linear(x, w, c, b.mode == inference) })
}

// block is a residual block.
func (b *builder) block(k block, x *G.Node) *G.Node {
	residual := x
	if k.down != nil {
		if k.blur {
			residual = b.do(k.name+".downsample.0", func() (*G.Node, error) { return graph.AvgPool(x) })
		}
		residual = b.unit(*k.down, residual)
	}
	if k.conv3 == nil {
		y := b.blur(k, k.name+".conv1.1", b.unit(k.conv1, x))
		if k.se == nil {
			return b.joined(k.name, k.conv2, y, residual)
		}
		return b.scaledJoin(k.name, k.se, b.unit(k.conv2, y), residual)
	}
	y := b.blur(k, k.name+".conv2.1", b.unit(k.conv2, b.unit(k.conv1, x)))
	if k.se != nil {
		s := b.factors(k.se, y)
		y = b.do(k.se.name, func() (*G.Node, error) { return graph.ScaleChannels(y, s) })
	}
	return b.joined(k.name, *k.conv3, y, residual)
}

func (b *builder) blur(k block, layer string, x *G.Node) *G.Node {
	if !k.blur {
		return x
	}
	return b.do(layer, func() (*G.Node, error) { return graph.BlurPool(x) })
}

// scaledJoin is max(0, x*factors(x) + residual): the end of a basic block.
func (b *builder) scaledJoin(layer string, se *squeeze, x, residual *G.Node) *G.Node {
	s := b.factors(se, x)
	return b.do(layer, func() (*G.Node, error) { return graph.ScaleAddReLU(x, s, residual) })
}

// keptBlocks says which outputs of blocks training keeps for the backward pass: the first of a stage and
// at a fixed distance each. Those between are recomputed from the one before, which the norms and sums at
// the ends of blocks make cheap: with 1 TResNet-M at 224 needs a quarter more memory for values; more
// than 4 save little.
const keptBlocks = 4

// model adds all layers behind the images x [N,H,W,3] and returns the logits [N,classes].
func (b *builder) model(x *G.Node) *G.Node {
	a := newArch(b.w.spec)
	x = b.do("body.SpaceToDepth", func() (*G.Node, error) { return graph.SpaceToDepth(x) })
	b.stage("SpaceToDepth", x)
	x = b.unit(a.stem, x)
	b.stage("conv1", x)
	for i, stage := range a.stages {
		for j, k := range stage {
			x = b.block(k, x)
			last := i == len(a.stages)-1 && j == len(stage)-1 // of which the backward pass begins
			if b.mode == training && j%keptBlocks != 0 && !last && b.err == nil {
				x = graph.Recompute(x)
			}
		}
		b.stage(fmt.Sprintf("layer%d", i+1), x)
	}
	x = b.do("pool", func() (*G.Node, error) { return graph.GlobalPool(x) })
	b.stage("features", x)
	for _, l := range a.head {
		x = b.linear(l.name, x)
	}
	return x
}

func (b *builder) stage(name string, n *G.Node) {
	b.stages = append(b.stages, stageNode{name, n})
}
