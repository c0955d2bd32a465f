// Package predict runs a model over images: batches in, logits out. What is done with the logits
// (metrics, priors, lists of tags) does not belong here.
package predict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/model"
)

// Runner computes logits of batches of any size with one set of weights, folded for inference.
type Runner struct {
	nets          *model.Nets
	height, width int
	only          int // the one batch size of nets; 0: a net for each that comes
}

// New prepares a runner for batches of at most batch images of height x width; a batch for which this machine
// lacks memory is an error before anything is allocated. The weights must not change while it is in use. arena
// may be nil, or the one of other nets that never run at the same time.
func New(be graph.Backend, w *model.Weights, arena *graph.Arena, batch, height, width int) (*Runner, error) {
	if err := model.CheckSize(height, width); err != nil {
		return nil, err
	}
	var held int64
	if arena != nil {
		held = arena.Bytes()
	}
	if err := fits(w, batch, height, width, held); err != nil {
		return nil, err
	}
	return &Runner{nets: model.NewNets(be, w, nil, arena), height: height, width: width}, nil
}

// FixBatch has one net only, for batch images; fewer run as a batch of that size. EvenBatch chooses it well. Weights
// that are released ([model.Weights.Release]) need it.
func (r *Runner) FixBatch(batch int) { r.only = batch }

// EvenBatch is the least batch size, at most the given one, that n images fill as many batches of: the last
// one is then hardly shorter than the others.
func EvenBatch(n, most int) int {
	if n < 1 || most < 1 {
		return most
	}
	batches := (n-1)/most + 1
	return (n-1)/batches + 1
}

// Logits computes the logits [n,classes] of n images [n,H,W,3]. They are valid until the next call
// and must not be changed.
func (r *Runner) Logits(pix []float32, n int) ([]float32, error) {
	batch := n
	if r.only > 0 {
		batch = r.only
	}
	if n > batch || len(pix) != n*r.height*r.width*3 {
		return nil, fmt.Errorf("%d values for %d images of %dx%d in a batch of %d", len(pix), n, r.height, r.width, batch)
	}
	net, err := r.nets.Infer(batch, r.height, r.width)
	if err != nil {
		return nil, err
	}
	copy(net.Input(), pix)
	if err := net.Run(); err != nil {
		return nil, err
	}
	logits, err := net.Logits()
	return logits[:n*(len(logits)/batch)], err
}

// Close frees the runner's memory, but not a shared arena.
func (r *Runner) Close() error { return r.nets.Close() }

// Pass runs one epoch of a loader and calls use with every batch, in order. After the first batch it limits
// garbage: that of decoding would else take as much memory as lives.
func Pass(ctx context.Context, l *loader.Loader, epoch int, g garbage.Hooks, use func(b *loader.Batch) error) error {
	batches := l.Epoch(ctx, epoch, 0)
	defer batches.Close()
	for first := true; ; first = false {
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
		if first { // what the nets are made of is there
			defer g.LimitNow()()
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
