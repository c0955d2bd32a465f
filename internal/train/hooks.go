package train

import (
	"context"
	"fmt"

	"csl/internal/progress"
	"csl/internal/rundir"
)

// noHook is a hook that does nothing, to be embedded.
type noHook struct{}

func (noHook) afterStep(*trainer, stepInfo) error         { return nil }
func (noHook) afterEpoch(context.Context, *trainer) error { return nil }

// logging writes a record every so many steps and at the end of each epoch.
type logging struct{ last stepInfo }

func (l *logging) afterStep(t *trainer, s stepInfo) error {
	l.last = s
	if t.place.Step%t.cfg.Train.LogEvery != 0 {
		return nil
	}
	return l.write(t)
}

func (l *logging) afterEpoch(_ context.Context, t *trainer) error {
	if t.meter.Images == 0 {
		return nil
	}
	return l.write(t)
}

func (l *logging) write(t *trainer) error {
	lr, beta1 := t.learner.cycle.At(t.place.Step - 1)
	r := t.meter.record()
	r.Step, r.Epoch, r.LR, r.Beta1 = t.place.Step, t.place.Epoch, lr, beta1
	images := t.meter.Images
	t.meter = meter{}
	t.o.Display.Log().Debug("step", "step", r.Step, "loss", r.Loss, "pos", r.Positive, "neg", r.Negative,
		"unann", r.Unknown, "dropped_prior", r.DroppedPrior, "dropped_topk", r.DroppedTopK, "lr", lr)
	return t.logs.record(r, rundir.KindStep, r.Step, images)
}

// showing moves the progress bar.
type showing struct {
	noHook
	task *progress.Task
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
	if t.meter.Images > 0 {
		s.task.Note(fmt.Sprintf("loss %.2f", t.meter.record().Loss))
	}
	s.task.Add(int64(i.images))
	return nil
}

// stopping ends a run that no longer improves.
type stopping struct{ noHook }

func (stopping) afterEpoch(_ context.Context, t *trainer) error {
	if p := t.cfg.Train.Patience; p > 0 && t.best.Stale >= p {
		t.stopped = fmt.Sprintf("no better %s for %d validations", t.cfg.Train.Monitor, p)
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
