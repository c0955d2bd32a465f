package model

import (
	"errors"
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"csl/internal/graph"
	"csl/internal/memory"
)

// Options says for which inputs a net is built. A net is made for one batch size and one image
// size; nets of other sizes may share the weights and the arena.
type Options struct {
	Batch, Height, Width int // images, pixels
	// Arena is memory that nets share which never run at the same time; nil means an own one.
	Arena *graph.Arena
	// Float64 computes in double precision, for checking gradients. It is slow.
	Float64 bool
	// KeepStages keeps the outputs of the stages for Stage. They cost memory.
	KeepStages bool
	// KeepGradients keeps the gradients of a training net for Grads. They cost as much memory as the
	// weights.
	KeepGradients bool
	// Sharer, if given, has the norms of a training net take the statistics of the whole batch of which the
	// net has a part.
	Sharer graph.Sharer

	constants *constants // shared by the inference nets of Nets
}

// minSide is the smallest input side: the last feature map is then one pixel wide.
const minSide = 32

// CheckSize reports whether images of that size can go into a TResNet: sides are multiples of 4
// and at least 32.
func CheckSize(height, width int) error {
	for _, s := range []int{height, width} {
		if s%4 != 0 || s < minSide {
			return fmt.Errorf("input size %dx%d: sides must be multiples of 4 and at least %d", height, width, minSide)
		}
	}
	return nil
}

// lastMap is the size of the last feature map.
func lastMap(height, width int) (int, int) {
	height, width = height/4, width/4
	for range stageCount - 1 {
		height, width = (height+1)/2, (width+1)/2
	}
	return height, width
}

// network is what all nets have in common: a graph, its machine and the values of its inputs.
type network struct {
	be      graph.Backend
	w       *Weights
	opts    Options
	g       *graph.Graph
	b       *builder
	machine *graph.Machine
	hosts   []hostValue
	input   []float32
	image   *G.Node
	logits  *G.Node
	reads   map[*G.Node][]float32 // copies of values that cannot be read in place
}

// hostValue connects host memory with an input of the graph.
type hostValue struct {
	data   []float32
	buf    graph.Buffer
	shared bool // buf is data
}

// inputBytes is what a pixel of the input takes.
const inputBytes = 3 * 4

// fits refuses inputs that there is no memory for; what the values of the layers need is known later.
func (o Options) fits() error {
	what := fmt.Sprintf("a batch of %d images of %dx%d needs at least", o.Batch, o.Height, o.Width)
	return memory.Need(what, memory.Product(int64(o.Batch), int64(o.Height), int64(o.Width), inputBytes))
}

// newNetwork builds the forward graph. Without a backend the net can only be planned: its inputs have
// no values.
func newNetwork(be graph.Backend, w *Weights, m mode, o Options) (*network, error) {
	if err := CheckSize(o.Height, o.Width); err != nil {
		return nil, err
	}
	if o.Batch < 1 {
		return nil, fmt.Errorf("batch of %d images", o.Batch)
	}
	if err := w.usable(o.constants); err != nil {
		return nil, err
	}
	if w.source != nil && m != inference {
		return nil, errPackedOnly
	}
	if be != nil {
		if err := o.fits(); err != nil {
			return nil, err
		}
	}
	dt := tensor.Float32
	if o.Float64 {
		dt = tensor.Float64
	}
	g, err := graph.New(dt)
	if err != nil {
		return nil, err
	}
	n := &network{
		be: be, w: w, opts: o, g: g, reads: map[*G.Node][]float32{},
		b: &builder{g: g, w: w, mode: m, sharer: o.Sharer, constants: o.constants, params: map[string]*G.Node{}},
	}
	if be != nil {
		n.input = make([]float32, o.Batch*o.Height*o.Width*3)
		if n.b.constants == nil {
			n.b.constants = newConstants(w)
		}
	}
	n.image = n.b.input("input", []int{o.Batch, o.Height, o.Width, 3}, n.input)
	n.logits = n.b.model(n.image)
	return n, n.b.err
}

// plan plans the graph for the nodes that are to be valid after a run and the values that are consumed
// in it.
func (n *network) plan(streams []graph.Stream, keep ...*G.Node) (*graph.Plan, error) {
	keep = append([]*G.Node{n.logits}, keep...)
	if n.opts.KeepStages {
		for _, s := range n.b.stages {
			keep = append(keep, s.node)
		}
	}
	return graph.NewStreamPlan(n.g, streams, keep...)
}

// compile makes the machine and connects the inputs.
func (n *network) compile(streams []graph.Stream, keep ...*G.Node) error {
	plan, err := n.plan(streams, keep...)
	if err != nil {
		return err
	}
	if n.machine, err = graph.NewMachine(n.be, plan, n.opts.Arena); err != nil {
		return err
	}
	defer n.b.constants.settle()
	for _, in := range n.b.inputs {
		if in.constant != nil {
			if err := n.bindConstant(in.node, *in.constant); err != nil {
				return err
			}
			continue
		}
		h, err := n.host(in.data)
		if err != nil {
			return err
		}
		if err := n.machine.Bind(in.node, h.buf); err != nil {
			return err
		}
		n.hosts = append(n.hosts, h)
	}
	return nil
}

// host makes a buffer for host values, or takes their memory as one. It is still to be written if it is not
// shared.
func (n *network) host(data []float32) (h hostValue, err error) {
	h.data = data
	if !n.opts.Float64 {
		h.buf, h.shared = n.be.Share(data)
	}
	if !h.shared {
		h.buf, err = n.be.Alloc(n.g.Dtype(), len(data))
	}
	return h, err
}

// written is a buffer with values of the host.
func (n *network) written(data []float32) (graph.Buffer, error) {
	h, err := n.host(data)
	if err == nil && !h.shared {
		err = h.buf.Write(data)
	}
	return h.buf, err
}

// bindConstant gives the machine constant weights in all layouts that it wants.
func (n *network) bindConstant(node *G.Node, t constant) error {
	for _, layout := range n.machine.PackedLayouts(node) {
		p, err := n.b.constants.get(t, layout, maker{
			pack: func(src []float32) (*graph.Packed, error) {
				buf, err := n.written(src)
				if err != nil {
					return nil, err
				}
				return n.machine.Pack(node, layout, buf)
			},
			adopt: func(data []float32) (*graph.Packed, error) {
				buf, err := n.written(data)
				return graph.NewPacked(n.be, layout, buf), err
			},
		})
		if err != nil {
			return err
		}
		if err := n.machine.BindPacked(node, p); err != nil {
			return err
		}
	}
	n.b.constants.done(t)
	return nil
}

// run computes everything that is kept.
func (n *network) run() error {
	if err := n.fill(); err != nil {
		return err
	}
	return n.machine.RunAll()
}

// fill brings the host's values to the inputs that do not share their memory.
func (n *network) fill() error {
	for _, h := range n.hosts {
		if h.shared {
			continue
		}
		if err := h.buf.Write(h.data); err != nil {
			return err
		}
	}
	return nil
}

// value is the value of a kept node after a run: the memory itself or a copy, valid until the next
// run.
func (n *network) value(node *G.Node) ([]float32, error) {
	buf, err := n.machine.Buffer(node)
	if err != nil {
		return nil, err
	}
	if host := buf.Host(); host != nil {
		return host, nil
	}
	c := n.reads[node]
	if c == nil {
		c = make([]float32, buf.Len())
		n.reads[node] = c
	}
	return c, buf.Read(c)
}

// Batch is the number of images of a run.
func (n *network) Batch() int { return n.opts.Batch }

// Size is the height and the width of the images.
func (n *network) Size() (height, width int) { return n.opts.Height, n.opts.Width }

// Input is where the images of the next run go: [N,H,W,3], RGB in [0,1].
func (n *network) Input() []float32 { return n.input }

// Logits are the outputs of the last run, [N,classes]. They are valid until the next run of a net
// of the same arena; the caller must not change them.
func (n *network) Logits() ([]float32, error) { return n.value(n.logits) }

// Stage is the output of a part of the body after a run with Options.KeepStages, and its shape
// [N,H,W,C]: SpaceToDepth, conv1, layer1 to layer4, or features [N,C].
func (n *network) Stage(name string) ([]float32, []int, error) {
	if !n.opts.KeepStages {
		return nil, nil, errors.New("stages were not kept")
	}
	for _, s := range n.b.stages {
		if s.name == name {
			v, err := n.value(s.node)
			return v, s.node.Shape().Clone(), err
		}
	}
	return nil, nil, fmt.Errorf("no stage %q", name)
}

// Machine is what runs the net, for profiles and memory figures.
func (n *network) Machine() *graph.Machine { return n.machine }

// Close frees the memory of the net, but not a shared arena.
func (n *network) Close() error { return n.machine.Close() }

// NewArena makes an arena that nets of float32 may share.
func NewArena(be graph.Backend) *graph.Arena { return graph.NewArena(be, tensor.Float32) }
