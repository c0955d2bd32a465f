package train

import (
	"context"
	"fmt"
	"strings"
	"time"

	"csl/internal/progress"
)

// showing moves the progress bar and tells of each epoch's losses and speed.
type showing struct {
	task      *progress.Task
	log       logger
	epochs    int
	selective bool      // the loss drops unknown labels
	since     time.Time // when the epoch's first step in this process was done
	images    int       // learnt from since then

	progress func(epochs float64) // Options.Progress
	perEpoch float64              // images
}

func newShowing(t *trainer) *showing {
	epochs := t.cfg.Schedule.Trained()
	images := int64(t.loader.Len())
	task := t.o.Display.Start("", "img", images*int64(epochs))
	task.From(int64(t.Cursor.Epoch)*images + min(int64(t.Cursor.Batch)*int64(t.cfg.Train.Batch), images))
	s := &showing{task: task, log: t.o.Display.Log(), epochs: epochs, selective: t.cfg.Loss.Selective(), progress: t.o.Progress, perEpoch: float64(images)}
	s.tell(&t.state)
	s.label(&t.state)
	return s
}

// tell reports how many epochs are done to whoever wants to know.
func (h *showing) tell(s *state) {
	if h.progress != nil {
		h.progress(float64(s.Cursor.Epoch) + float64(s.Epoch.Images)/h.perEpoch)
	}
}

func (h *showing) label(s *state) {
	h.task.Label(fmt.Sprintf("epoch %d/%d", min(s.Cursor.Epoch+1, h.epochs), h.epochs))
}

// within shows how much of a slow step is done.
func (h *showing) within(s *state, share float64) {
	note := fmt.Sprintf("step %d: %.0f%%", s.Cursor.Step+1, 100*share)
	if s.Epoch.Images > 0 {
		note = fmt.Sprintf("loss %.2f, %s", s.Epoch.record().Loss, note)
	}
	h.task.Note(note)
	h.task.Add(0) // shows it
}

func (h *showing) afterStep(s *state, i stepInfo) error {
	h.label(s)
	h.task.Note(fmt.Sprintf("loss %.2f", s.Epoch.record().Loss))
	h.task.Add(int64(i.images))
	h.tell(s)
	if h.since.IsZero() {
		h.since = time.Now()
	} else {
		h.images += i.images
	}
	return nil
}

func (h *showing) afterEpoch(_ context.Context, s *state) error {
	r := s.Epoch.record()
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %d/%d: loss %.3f an image: positive %.3f, negative %.3f, unknown %.3f",
		s.Cursor.Epoch+1, h.epochs, r.Loss, r.Positive, r.Negative, r.Unknown)
	if h.selective {
		fmt.Fprintf(&b, "; of the unknown dropped: %.1f%% (prior %.1f%%, top-K %.1f%%)",
			100*r.Dropped, 100*r.DroppedPrior, 100*r.DroppedTopK)
	}
	if took := time.Since(h.since).Seconds(); h.images > 0 && took > 0 {
		fmt.Fprintf(&b, "; %.1f img/s", float64(h.images)/took)
	}
	h.log.Info(b.String())
	h.since, h.images = time.Time{}, 0
	return nil
}
