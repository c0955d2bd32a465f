package model

import (
	"errors"

	"csl/internal/graph"
)

// Nets makes nets of one model on demand and keeps them, one per batch and image size, all in one
// arena. So a short last batch costs a small graph, not memory. Not safe for concurrent use; the
// results of a net are valid until another net of the arena runs.
type Nets struct {
	be        graph.Backend
	w         *Weights
	arena     *graph.Arena
	loss      LossFunc
	sharer    graph.Sharer
	train     map[netKey]*TrainNet
	eval      map[netKey]*EvalNet
	infer     map[netKey]*InferNet
	constants *constants
}

type netKey struct{ batch, height, width int }

func (k netKey) options(a *graph.Arena) Options {
	return Options{Batch: k.batch, Height: k.height, Width: k.width, Arena: a}
}

// NewNets prepares nets of float32. loss may be nil if Train is never called; arena may be nil. Nets
// of other weights (an average of them) may share the arena.
func NewNets(be graph.Backend, w *Weights, loss LossFunc, arena *graph.Arena) *Nets {
	if arena == nil {
		arena = NewArena(be)
	}
	return &Nets{
		be: be, w: w, arena: arena, loss: loss,
		train: map[netKey]*TrainNet{}, eval: map[netKey]*EvalNet{}, infer: map[netKey]*InferNet{},
		constants: newConstants(w),
	}
}

// ShareNorms has the norms of training nets made from now on take the statistics of the whole batch of which a net
// has a part; see Options.Sharer.
func (n *Nets) ShareNorms(s graph.Sharer) { n.sharer = s }

// Arena is the memory that the nets share.
func (n *Nets) Arena() *graph.Arena { return n.arena }

// Train returns the training net for batches of that size.
func (n *Nets) Train(batch, height, width int) (*TrainNet, error) {
	return cached(n.train, netKey{batch, height, width}, func(k netKey) (*TrainNet, error) {
		o := k.options(n.arena)
		o.Sharer = n.sharer
		return NewTrainNet(n.be, n.w, o, n.loss)
	})
}

// Eval returns the evaluation net for batches of that size.
func (n *Nets) Eval(batch, height, width int) (*EvalNet, error) {
	return cached(n.eval, netKey{batch, height, width}, func(k netKey) (*EvalNet, error) {
		return NewEvalNet(n.be, n.w, k.options(n.arena))
	})
}

// Infer returns the inference net for batches of that size. The nets share folded and packed weights. The
// weights must not change any more after the first call.
func (n *Nets) Infer(batch, height, width int) (*InferNet, error) {
	return cached(n.infer, netKey{batch, height, width}, func(k netKey) (*InferNet, error) {
		o := k.options(n.arena)
		o.constants = n.constants
		return NewInferNet(n.be, n.w, o)
	})
}

func cached[N any](nets map[netKey]N, k netKey, build func(netKey) (N, error)) (N, error) {
	if n, ok := nets[k]; ok {
		return n, nil
	}
	n, err := build(k)
	if err == nil {
		nets[k] = n
	}
	return n, err
}

// Close frees the memory of all nets. Weights and arena stay; nets asked for later are new
// ones.
func (n *Nets) Close() error {
	var errs []error
	for _, net := range n.train {
		errs = append(errs, net.Close())
	}
	for _, net := range n.eval {
		errs = append(errs, net.Close())
	}
	for _, net := range n.infer {
		errs = append(errs, net.Close())
	}
	clear(n.train)
	clear(n.eval)
	clear(n.infer)
	n.constants.forget()
	return errors.Join(errs...)
}
