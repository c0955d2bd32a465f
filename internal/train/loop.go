package train

import (
	"context"
	"errors"
	"io"

	"csl/internal/images/loader"
	"csl/internal/prior"
)

// loop is the training loop. At ctx's end it stops after the step, or within a slow one, which is then taken
// back, or within a validation, which is then repeated: the run can be saved wherever it stops.
func (t *trainer) loop(ctx context.Context) error {
	defer t.o.Garbage.LimitNow()()
	for t.Cursor.Epoch < t.cfg.Schedule.Trained() && t.Stopped == "" {
		if err := t.epoch(ctx); err != nil {
			return t.ended(ctx, err)
		}
		t.endEpoch()
		if err := t.stepper.turned.gather(t.ranks); err != nil {
			return t.ended(ctx, err)
		}
		if t.saveDue() {
			if err := t.save(); err != nil {
				return t.ended(ctx, err)
			}
		}
	}
	return t.ended(ctx, t.finish(ctx))
}

// epoch takes the steps of one epoch from where the run is, then validates.
func (t *trainer) epoch(ctx context.Context) error {
	batches := t.loader.Epoch(ctx, t.Cursor.Epoch, t.Cursor.Batch)
	defer batches.Close()
	if err := t.stops.poll(); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return t.ranks.shared(err)
		}
		s, err := t.o.Profile.watch(t.ranks.group, func() (stepInfo, error) { return t.wholeStep(ctx, batches) })
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
	if err := t.sameWeights(); err != nil {
		return err
	}
	for _, h := range t.hooks {
		if err := h.afterEpoch(ctx, &t.state); err != nil {
			return err
		}
	}
	return nil
}

// wholeStep takes a step or, if ctx ends in the middle of it, none.
func (t *trainer) wholeStep(ctx context.Context, batches *loader.Epoch) (stepInfo, error) {
	before := t.state
	var mean *prior.Saved
	if t.running != nil && t.cfg.Train.Accumulate > 1 {
		m := t.running.Save()
		mean = &m
	}
	back := &t.stepper.rollback
	back.begin()
	s, err := t.step(batches)
	if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return s, err
	}
	t.state = before
	if mean != nil {
		err = errors.Join(err, t.running.Restore(*mean))
	}
	return s, errors.Join(err, back.undo())
}

// step learns from the next batch, or from as many as are accumulated; io.EOF at the epoch's end.
func (t *trainer) step(batches *loader.Epoch) (stepInfo, error) {
	var s stepInfo
	t.stepper.stepping = true
	defer func() { t.stepper.stepping = false }()
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
		if err := t.addToPrior(t.stepper.logits); err != nil {
			return s, err
		}
		s.images += b.Whole
	}
	var err error
	s.lr, s.beta1, err = t.stepper.finish(t.Cursor.Step)
	t.Cursor.Step++
	t.stops.agreed(t.stepper.stopping)
	return s, err
}

// addToPrior adds the logits of a batch, or of its parts on all ranks, to the running prior, if there is one.
func (t *trainer) addToPrior(logits []float32) error {
	if t.running == nil {
		return nil
	}
	if t.ranks.alone() {
		return t.running.Add(logits)
	}
	here := prior.NewMean(t.data.train.Set.NumClasses())
	if err := here.Add(logits); err != nil {
		return err
	}
	sum := here.Save()
	all := append(sum.Sum, float64(sum.Rows)) // exact: far fewer than 2^53
	if err := t.ranks.group.As(forPrior).SumFloat64(all); err != nil {
		return err
	}
	sum.Sum, sum.Rows = all[:len(all)-1], int64(all[len(all)-1])
	return t.running.Join(sum)
}
