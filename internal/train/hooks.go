package train

import (
	"context"
	"fmt"
	"strings"
	"time"

	"csl/internal/config"
	"csl/internal/count"
	"csl/internal/progress"
	"csl/internal/rundir"
)

// noHook is a hook that does nothing, to be embedded.
type noHook struct{}

func (noHook) afterStep(*trainer, stepInfo) error         { return nil }
func (noHook) afterEpoch(context.Context, *trainer) error { return nil }

// logging writes a record every so many steps and at the end of each epoch.
type logging struct{}

func (l logging) afterStep(t *trainer, _ stepInfo) error {
	if t.place.Step%t.cfg.Train.LogEvery != 0 {
		return nil
	}
	return l.write(t)
}

func (l logging) afterEpoch(_ context.Context, t *trainer) error {
	if t.meter.Images == 0 {
		return nil
	}
	return l.write(t)
}

func (logging) write(t *trainer) error {
	lr, beta1 := t.learner.cycle.At(t.place.Step - 1)
	r := t.meter.record()
	r.Step, r.Epoch, r.LR, r.Beta1 = t.place.Step, t.place.Epoch, lr, beta1
	images := t.meter.Images
	t.meter = meter{}
	t.o.Display.Log().Debug("step", "step", r.Step, "loss", r.Loss, "pos", r.Positive, "neg", r.Negative,
		"unann", r.Unknown, "dropped_prior", r.DroppedPrior, "dropped_topk", r.DroppedTopK, "lr", lr)
	return t.logs.record(r, rundir.KindStep, r.Step, images)
}

// showing moves the progress bar and tells of each epoch's losses and speed.
type showing struct {
	task   *progress.Task
	since  time.Time // when the epoch's first step in this process was done
	images int       // learnt from since then
}

func newShowing(t *trainer) *showing {
	images := int64(t.loader.Len())
	task := t.o.Display.Start("", "img", images*int64(t.epochs()))
	done := int64(t.place.Epoch)*images + min(int64(t.place.Batch)*int64(t.cfg.Train.Batch), images)
	task.From(done)
	s := &showing{task: task}
	s.label(t)
	return s
}

func (s *showing) label(t *trainer) {
	s.task.Label(fmt.Sprintf("epoch %d/%d", min(t.place.Epoch+1, t.epochs()), t.epochs()))
}

func (s *showing) afterStep(t *trainer, i stepInfo) error {
	s.label(t)
	s.task.Note(fmt.Sprintf("loss %.2f", t.epochMeter.record().Loss))
	s.task.Add(int64(i.images))
	if s.since.IsZero() {
		s.since = time.Now()
	} else {
		s.images += i.images
	}
	return nil
}

func (s *showing) afterEpoch(_ context.Context, t *trainer) error {
	r := t.epochMeter.record()
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %d/%d: loss %.3f an image: positive %.3f, negative %.3f, unknown %.3f",
		t.place.Epoch+1, t.epochs(), r.Loss, r.Positive, r.Negative, r.Unknown)
	if t.cfg.Loss.Mode == config.ModeSelective {
		fmt.Fprintf(&b, "; of the unknown dropped: %.1f%% (prior %.1f%%, top-K %.1f%%)",
			100*r.Dropped, 100*r.DroppedPrior, 100*r.DroppedTopK)
	}
	if took := time.Since(s.since).Seconds(); s.images > 0 && took > 0 {
		fmt.Fprintf(&b, "; %.1f img/s", float64(s.images)/took)
	}
	t.o.Display.Log().Info(b.String())
	s.since, s.images = time.Time{}, 0
	return nil
}

// stopping ends a run that no longer improves.
type stopping struct{ noHook }

func (stopping) afterEpoch(_ context.Context, t *trainer) error {
	if p := t.cfg.Train.Patience; p > 0 && t.best.Stale >= p {
		t.stopped = fmt.Sprintf("no better %s for %s", t.cfg.Train.Monitor, count.Of(p, "validation"))
	}
	return nil
}

// saving stores the run every so many steps; the loop itself saves at epochs' ends.
type saving struct{ noHook }

func (saving) afterStep(t *trainer, _ stepInfo) error {
	if t.saveDue(false) {
		return t.save()
	}
	return nil
}
