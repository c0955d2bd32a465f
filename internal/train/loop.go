package train

import (
	"context"
	"errors"
	"io"

	"csl/internal/images/loader"
)

// loop is the training loop. It stops at ctx's end only between steps and within a validation, where
// the run can be saved: the validation is then repeated.
func (t *trainer) loop(ctx context.Context) error {
	defer t.o.Garbage.LimitNow()()
	for t.Cursor.Epoch < t.cfg.Schedule.Trained() && t.Stopped == "" {
		if err := t.epoch(ctx); err != nil {
			return t.ended(ctx, err)
		}
		t.endEpoch()
		if t.saveDue(true) {
			if err := t.save(); err != nil {
				return t.ended(ctx, err)
			}
		}
	}
	return t.ended(ctx, t.finish())
}

// epoch takes the steps of one epoch from where the run is, then validates.
func (t *trainer) epoch(ctx context.Context) error {
	batches := t.loader.Epoch(context.WithoutCancel(ctx), t.Cursor.Epoch, t.Cursor.Batch)
	defer batches.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := t.step(batches)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for _, h := range t.hooks {
			if err := h.afterStep(&t.state, s); err != nil {
				return err
			}
		}
	}
	for _, h := range t.hooks {
		if err := h.afterEpoch(ctx, &t.state); err != nil {
			return err
		}
	}
	return nil
}

// step learns from the next batch, or from as many as are accumulated; io.EOF at the epoch's end.
func (t *trainer) step(batches *loader.Epoch) (stepInfo, error) {
	var s stepInfo
	for n := range t.cfg.Train.Accumulate {
		b, err := batches.Next()
		if errors.Is(err, io.EOF) && n > 0 {
			break // an epoch's last step may have fewer batches
		}
		if err != nil {
			return s, err
		}
		terms, err := t.stepper.learn(b, t.Cursor.Step, n)
		if err != nil {
			return s, err
		}
		t.count(b, terms)
		if t.running != nil {
			if err := t.running.Add(t.stepper.logits); err != nil {
				return s, err
			}
		}
		s.images += b.N
	}
	var err error
	s.lr, s.beta1, err = t.stepper.finish(t.Cursor.Step)
	t.Cursor.Step++
	return s, err
}
