// Package predict runs a model over pictures: batches in, logits out. What is done with the logits
// (metrics, priors, lists of tags) does not belong here.
package predict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"csl/internal/graph"
	"csl/internal/model"
	"csl/internal/pictures"
)

// Runner computes logits of batches of any size with one set of weights, folded for inference.
type Runner struct {
	nets          *model.Nets
	height, width int
}

// New prepares a runner for pictures of height x width. The weights must not change while it is
// in use. arena may be nil, or the one of other nets that never run at the same time.
func New(be graph.Backend, w *model.Weights, arena *graph.Arena, height, width int) (*Runner, error) {
	if err := model.CheckSize(height, width); err != nil {
		return nil, err
	}
	return &Runner{nets: model.NewNets(be, w, nil, arena), height: height, width: width}, nil
}

// UseUpWeights saves memory by folding norms into the weights where they are. Nothing else can use the
// weights afterwards, another runner neither.
func (r *Runner) UseUpWeights() { r.nets.UseUpWeights() }

// Logits computes the logits [n,classes] of n pictures [n,H,W,3]. They are valid until the next call
// and must not be changed.
func (r *Runner) Logits(pix []float32, n int) ([]float32, error) {
	net, err := r.nets.Infer(n, r.height, r.width)
	if err != nil {
		return nil, err
	}
	if len(pix) != len(net.Input()) {
		return nil, fmt.Errorf("%d samples for %d pictures of %dx%d", len(pix), n, r.height, r.width)
	}
	copy(net.Input(), pix)
	if err := net.Run(); err != nil {
		return nil, err
	}
	return net.Logits()
}

// Close lets go of the runner's memory, but not of a shared arena.
func (r *Runner) Close() error { return r.nets.Close() }

// Pass runs one epoch of a loader and calls use with every batch, in order.
func Pass(ctx context.Context, l *pictures.Loader, epoch int, use func(b *pictures.Batch) error) error {
	batches := l.Epoch(ctx, epoch, 0)
	defer batches.Close()
	for {
		b, err := batches.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := use(b); err != nil {
			return err
		}
	}
}

// Sigmoid writes the scores of logits to dst, which may be logits and has its length; it is
// computed in float64 and rounded.
func Sigmoid(dst, logits []float32) {
	for i, z := range logits {
		dst[i] = float32(1 / (1 + math.Exp(-float64(z))))
	}
}
