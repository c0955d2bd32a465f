package train

import (
	"context"
	"fmt"

	"csl/internal/count"
	"csl/internal/optim"
	"csl/internal/rundir"
)

// hook watches the loop. Hooks run in order, after every optimizer step and at every epoch's end; an
// error ends the run. Of the run they see its state; what else a hook works with it is made of.
type hook interface {
	afterStep(s *state, i stepInfo) error
	afterEpoch(ctx context.Context, s *state) error
}

// stepInfo is what one optimizer step did.
type stepInfo struct {
	images    int
	lr, beta1 float64
}

// noHook is a hook that does nothing, to be embedded.
type noHook struct{}

func (noHook) afterStep(*state, stepInfo) error         { return nil }
func (noHook) afterEpoch(context.Context, *state) error { return nil }

// logging writes a record every few steps and at the end of each epoch.
type logging struct {
	logs  *logs
	log   logger
	cycle optim.OneCycle
	every int // steps
}

func (l logging) afterStep(s *state, _ stepInfo) error {
	if s.Cursor.Step%l.every != 0 {
		return nil
	}
	return l.write(s)
}

func (l logging) afterEpoch(_ context.Context, s *state) error {
	if s.Meter.Images == 0 {
		return nil
	}
	return l.write(s)
}

func (l logging) write(s *state) error {
	lr, beta1 := l.cycle.At(s.Cursor.Step - 1)
	r := s.Meter.record()
	r.Step, r.Epoch, r.LR, r.Beta1 = s.Cursor.Step, s.Cursor.Epoch, lr, beta1
	images := s.Meter.Images
	s.Meter = meter{}
	l.log.Debug("step", "step", r.Step, "loss", r.Loss, "pos", r.Positive, "neg", r.Negative,
		"unann", r.Unknown, "dropped_prior", r.DroppedPrior, "dropped_topk", r.DroppedTopK, "lr", lr)
	return l.logs.record(r, rundir.KindStep, r.Step, images)
}

// stopping ends a run that no longer improves.
type stopping struct {
	noHook
	patience int // validations; 0 = never
	monitor  string
}

func (h stopping) afterEpoch(_ context.Context, s *state) error {
	if h.patience > 0 && s.Best.Stale >= h.patience {
		s.Stopped = fmt.Sprintf("early: %s has not improved for %s", rundir.MetricName(h.monitor), count.Of(h.patience, "validation"))
	}
	return nil
}

// saving stores the run every few steps; the loop itself saves at epochs' ends.
type saving struct {
	noHook
	every int // steps; 0: never
	save  func() error
}

func (h saving) afterStep(s *state, _ stepInfo) error {
	if h.every > 0 && s.Cursor.Step%h.every == 0 {
		return h.save()
	}
	return nil
}
