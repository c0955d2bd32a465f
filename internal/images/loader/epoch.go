package loader

import (
	"context"
	"errors"
	"io"
	"sync"

	"csl/internal/parallel"
)

// Epoch is one pass over the samples, under way.
type Epoch struct {
	loader  *Loader
	ctx     context.Context
	cancel  context.CancelCauseFunc
	number  int
	plan    []int
	wg      sync.WaitGroup
	all     []*Batch    // every batch in use, for Close
	free    chan *Batch // batches to be filled
	ordered chan *Batch // batches being filled, in order
	jobs    chan job
	workers []*worker
	current *Batch
}

// job is one image of a batch.
type job struct {
	batch *Batch
	slot  int
}

var errClosed = errors.New("the epoch was closed")

// dispatch plans the batches and hands their images out.
func (e *Epoch) dispatch(first int) {
	defer close(e.ordered)
	defer close(e.jobs)
	from, end, step := e.loader.Part.turns(first, e.loader.Batches())
	for n := from; n < end; n += step {
		var b *Batch
		select {
		case b = <-e.free:
		case <-e.ctx.Done():
			return
		}
		b.begin(e.loader, e.number, n, e.plan)
		e.ordered <- b // never blocks: it has room for all batches
		for slot := range b.want {
			select {
			case e.jobs <- job{b, slot}:
			case <-e.ctx.Done():
				return
			}
		}
	}
}

// work loads images until there are no more.
func (e *Epoch) work(w *worker) {
	for j := range e.jobs {
		if e.ctx.Err() != nil {
			return
		}
		w.load(j.batch, j.slot)
		j.batch.finished()
	}
}

// Next returns the next batch, which is valid until the next call of Next or Close. After the last
// batch the error is io.EOF; after cancellation it is the context's cause; an image that could not
// be loaded, where SkipBroken does not allow for it, is named.
func (e *Epoch) Next() (*Batch, error) {
	for {
		if e.current != nil {
			e.free <- e.current
			e.current = nil
		}
		b, err := e.wait()
		if err != nil {
			return nil, err
		}
		e.current = b
		for _, err := range b.errs[:b.want] {
			if err != nil && !(e.loader.SkipBroken && errors.Is(err, errDropped)) {
				e.cancel(err)
				return nil, err
			}
		}
		b.close(e.loader.sample, e.loader.classes)
		if b.N > 0 || e.loader.Part.shared() {
			return b, nil
		}
	}
}

// wait returns the next batch in order when all its images are there.
func (e *Epoch) wait() (*Batch, error) {
	if e.ctx.Err() != nil {
		return nil, context.Cause(e.ctx)
	}
	b, ok := <-e.ordered
	if !ok {
		if e.ctx.Err() != nil {
			return nil, context.Cause(e.ctx)
		}
		return nil, io.EOF
	}
	select {
	case <-b.done:
		return b, nil
	case <-e.ctx.Done():
		return nil, context.Cause(e.ctx)
	}
}

// Close ends the epoch: it stops the goroutines and waits for them, but not for long if one is blocked. Batches must
// not be used afterwards. A second call does nothing.
func (e *Epoch) Close() {
	e.cancel(errClosed)
	if !parallel.Wait(e.ctx, &e.wg) {
		e.all, e.workers, e.current = nil, nil, nil // a blocked worker may use them yet
		return
	}
	e.loader.batches.give(e.all)
	e.loader.workers.give(e.workers)
	e.all, e.workers, e.current = nil, nil, nil
}
