package model

import (
	"errors"
	"fmt"

	G "gorgonia.org/gorgonia"

	"csl/internal/graph"
)

// momentum is the weight of the new batch in the running statistics (InPlaceABN).
const momentum = 0.1

// LossFunc adds a loss to a graph: logits [N,C] and labels [N,C] of 1, 0 or -1 (unknown) to a vector
// whose first element is the loss; the rest is for reports. The gradient of the vector's first
// element by the logits must be what the vector's symbolic gradient gives for a seed of ones.
type LossFunc func(logits, labels *G.Node) (*G.Node, error)

// ApplyFunc takes the gradient of parameter number i of Weights.Params, in its layout; it is valid, and
// not to be changed, during the call. It may change that parameter.
type ApplyFunc func(i int, grad []float32) error

// TrainNet computes the loss of a batch and its gradients, with batch statistics.
type TrainNet struct {
	*network
	labels  []float32
	loss    *G.Node
	params  G.Nodes
	grads   G.Nodes // by params
	out     [][]float32
	parts   []float64
	apply   ApplyFunc      // of the current backward pass
	consume graph.Consumer // hands a gradient to apply
	flat    []float64      // memory for the statistics of a batch, where it is shared
	batch   [][]float64    // its pieces, by norm
}

// NewTrainNet builds a training net. Images so small and few that the last feature map would hold
// one value per channel in the batch are an error: there is no variance to normalise with.
func NewTrainNet(be graph.Backend, w *Weights, o Options, loss LossFunc) (*TrainNet, error) {
	building.Lock()
	defer building.Unlock()
	n, err := newTrainNet(be, w, o, loss)
	if err != nil {
		return nil, err
	}
	if err := n.compile(n.streams(), n.kept()...); err != nil {
		return nil, err
	}
	n.consume = n.handOver
	n.out = make([][]float32, len(n.grads))
	n.parts = make([]float64, n.loss.Shape().TotalSize())
	return n, nil
}

// newTrainNet builds the graph, forward and backward.
func newTrainNet(be graph.Backend, w *Weights, o Options, loss LossFunc) (*TrainNet, error) {
	net, err := newNetwork(be, w, training, o)
	if err != nil {
		return nil, err
	}
	if h, wd := lastMap(o.Height, o.Width); o.Batch*h*wd == 1 && o.Sharer == nil {
		return nil, fmt.Errorf("training on batches of one image of %dx%d: the last feature map has one value per channel, which has no variance; use a larger batch or larger images", o.Height, o.Width)
	}
	n := &TrainNet{network: net, labels: make([]float32, o.Batch*w.spec.NumClasses)}
	labels := n.b.input("labels", []int{o.Batch, w.spec.NumClasses}, n.labels)
	n.loss = n.b.do("loss", func() (*G.Node, error) { return loss(n.logits, labels) })
	if n.b.err != nil {
		return nil, n.b.err
	}
	size := n.loss.Shape().TotalSize()
	ones := make([]float32, size)
	fill(ones, 1)
	seed := n.b.input("loss seed", []int{size}, ones)
	if n.b.err != nil {
		return nil, n.b.err
	}
	for _, p := range w.Params() {
		n.params = append(n.params, n.b.params[p.Name])
	}
	n.grads, err = graph.Gradients(n.loss, seed, n.params)
	return n, err
}

// kept lists what must be valid after a run besides the logits.
func (n *TrainNet) kept() []*G.Node {
	keep := []*G.Node{n.loss}
	if n.opts.KeepGradients {
		keep = append(keep, n.grads...)
	}
	for _, s := range n.b.stats {
		keep = append(keep, s.node)
	}
	return keep
}

// streams has every gradient consumed by who changes its weight.
func (n *TrainNet) streams() []graph.Stream {
	var s []graph.Stream
	for i, g := range n.grads {
		s = append(s, graph.Stream{Value: g, Mutates: n.params[i]})
	}
	return s
}

// Labels is where the labels of the next run go: [N,classes] of 1, 0 or -1 (unknown).
func (n *TrainNet) Labels() []float32 { return n.labels }

// Forward computes loss, logits and batch statistics of the images in Input. It changes neither
// weights nor running statistics.
func (n *TrainNet) Forward() error {
	if err := n.fill(); err != nil {
		return err
	}
	return n.machine.RunTo(n.loss)
}

// Backward computes the gradients of the last Forward, provided that no other net of the arena ran
// since, and hands each to apply once: as soon as it is complete and nothing of the backward pass reads
// its weight any more. So a step can change the weights while it goes on, and gradients need not live
// together; after an error some weights may be changed and others not. apply may be nil.
func (n *TrainNet) Backward(apply ApplyFunc) error {
	if apply == nil {
		return n.machine.RunRest(nil)
	}
	n.apply = apply
	defer func() { n.apply = nil }()
	return n.machine.RunRest(n.consume)
}

// handOver is a graph.Consumer.
func (n *TrainNet) handOver(i int, _ graph.Buffer) error {
	g, err := n.value(n.grads[i])
	if err != nil {
		return err
	}
	return n.apply(i, g)
}

// LossTerms is the loss vector of the last Forward; its first element is the loss. It is overwritten by
// the next call.
func (n *TrainNet) LossTerms() ([]float64, error) {
	buf, err := n.machine.Buffer(n.loss)
	if err != nil {
		return nil, err
	}
	return n.parts, buf.Read64(n.parts)
}

// Grads are the gradients of the last Backward, aligned with Weights.Params and in their layout. They
// are valid until the next run of a net of the same arena; the caller may change them until then. The
// net must have been made with KeepGradients.
func (n *TrainNet) Grads() ([][]float32, error) {
	if !n.opts.KeepGradients {
		return nil, errors.New("gradients were not kept")
	}
	for i, g := range n.grads {
		v, err := n.value(g)
		if err != nil {
			return nil, err
		}
		n.out[i] = v
	}
	return n.out, nil
}

// UpdateRunning moves the running statistics of the weights towards those of the last run's batch:
// 0.9 of the old and 0.1 of the new, the variance unbiased, and counts the batch.
func (n *TrainNet) UpdateRunning() error {
	for _, s := range n.b.stats {
		stats, err := n.value(s.node)
		if err != nil {
			return err
		}
		c := len(s.mean)
		s.update(s.rows, func(i int) (mean, variance float64) { return float64(stats[i]), float64(stats[c+i]) })
	}
	return nil
}

// update moves running statistics towards those of a batch of rows rows, whose variances are biased.
func (s *statsNode) update(rows int, of func(i int) (mean, variance float64)) {
	unbiased := float64(rows) / float64(rows-1)
	for c := range s.mean {
		mean, variance := of(c)
		s.mean[c] = float32((1-momentum)*float64(s.mean[c]) + momentum*mean)
		s.variance[c] = float32((1-momentum)*float64(s.variance[c]) + momentum*unbiased*variance)
	}
	*s.count++
}

// FirstNonFinite recomputes everything and names the first value that is not finite; ok is false if
// all are. Input, labels and weights must be those of the run in question.
func (n *TrainNet) FirstNonFinite() (where graph.Fault, ok bool, err error) {
	return n.machine.FirstNonFinite()
}
