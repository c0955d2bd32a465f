package train

import (
	"context"
	"fmt"
	"time"

	"csl/internal/memory"
	"csl/internal/model"
	"csl/internal/progress"
)

const (
	// slowStep is how long a step may take without being interruptible.
	slowStep = 500 * time.Millisecond
	// fastFLOPs are so few floating point operations that any machine does them in slowStep.
	fastFLOPs = 2e8
	// trialBatch is the batch of the step that is timed.
	trialBatch = 2
	// forwardShare is the share of a step that inference on its images takes.
	forwardShare = 0.3
)

// pace times a small step, tells how long the run will take if that is more than a minute, and makes slow
// steps interruptible.
func (t *trainer) pace(ctx context.Context) error {
	image, err := t.imageTime(ctx)
	if err != nil {
		return err
	}
	if !t.ranks.alone() {
		return t.sharedPace(image)
	}
	if image == 0 {
		return nil
	}
	batch := t.stepper.part
	if image*time.Duration(batch) > slowStep {
		net, err := t.stepper.nets.Train(batch, t.stepper.size, t.stepper.size)
		if err != nil {
			return err
		}
		m := net.Machine()
		t.interruptible(ctx, t.undoable(m.ArenaBytes()+m.WorkBytes()+t.validationBytes()))
	}
	t.announcePace(image)
	return nil
}

// sharedPace is pace with several ranks, of which the slowest counts. They stop between steps only.
func (t *trainer) sharedPace(image time.Duration) error {
	slowest := [1]int64{int64(image)}
	if err := t.ranks.group.MaxInt64(slowest[:]); err != nil {
		return err
	}
	t.announcePace(time.Duration(slowest[0]) / time.Duration(t.ranks.group.Size()))
	return nil
}

// imageTime is how long a step takes per image; 0 where that need not be known.
func (t *trainer) imageTime(ctx context.Context) (time.Duration, error) {
	left := t.cfg.Schedule.Trained() - t.Cursor.Epoch
	batch := t.stepper.part
	net, err := t.stepper.nets.Train(batch, t.stepper.size, t.stepper.size)
	if err != nil || left <= 0 || t.Stopped != "" {
		return 0, err
	}
	if flops := float64(net.Machine().Plan().FLOPs()); flops < fastFLOPs && flops/float64(batch)*float64(t.loader.Len()*left) < 60*fastFLOPs {
		return 0, nil
	}
	t.stepper.nets.Arena().Between(func(int, int) error { return ctx.Err() })
	image, err := t.stepper.timeImage(min(trialBatch, batch))
	t.stepper.nets.Arena().Between(nil)
	return image, err
}

// announcePace tells how long an epoch and the rest of the run take, if each image takes that long.
func (t *trainer) announcePace(image time.Duration) {
	left := t.cfg.Schedule.Trained() - t.Cursor.Epoch
	passes := float64(t.loader.Len())
	if t.data.val != nil {
		weights := 1.0
		if t.stepper.average != nil {
			weights = 2
		}
		passes += forwardShare * weights * float64(t.data.val.Set.Len())
	}
	epoch := time.Duration(float64(image) * passes)
	seconds := epoch.Seconds() * float64(left)
	if seconds < 60 {
		return
	}
	total := "many years"
	if seconds < 1e9 {
		total = progress.Duration(time.Duration(seconds) * time.Second)
	}
	log := t.o.Display.Log()
	log.Info(fmt.Sprintf("an epoch takes about %s, all %d about %s (estimated from a small step)", progress.Duration(epoch), left, total))
	if seconds > 24*3600 {
		log.Warn(fmt.Sprintf("training would take more than a day (about %s): a smaller model (--model_name tresnet_s), smaller images (--image_size 224) "+
			"or fewer epochs from pretrained weights (--model_path) take less", total))
	}
}

// timeImage is what one image of a step costs: a second run of a net of that many images, unless the first one
// was slow already.
func (s *stepper) timeImage(batch int) (time.Duration, error) {
	net, err := model.NewTrainNet(s.be, s.weights, model.Options{
		Batch: batch, Height: s.size, Width: s.size, Arena: s.nets.Arena(), Sharer: s.sharer,
	}, s.loss)
	if err != nil {
		return 0, err
	}
	for i := range net.Input() {
		net.Input()[i] = float32(i%251) / 251
	}
	var took time.Duration
	for range 2 {
		start := time.Now()
		if err := net.Forward(); err != nil {
			return 0, err
		}
		if err := net.Backward(nil); err != nil {
			return 0, err
		}
		if took = time.Since(start); took > slowStep {
			break
		}
	}
	return took / time.Duration(batch), net.Close()
}

// undoable reports whether there is memory to take a step back, beside the given bytes for steps and validation.
func (t *trainer) undoable(needed int64) bool {
	s := t.stepper
	if s.sums != nil {
		return true // the weights change only at the end, when nothing interrupts
	}
	err := memory.Need("taking back an interrupted step needs", s.opt.OldBytes()+needed)
	if err != nil {
		t.o.Display.Log().Warn(fmt.Sprintf("%v; Ctrl-C will take effect at the end of a step", err))
	}
	return err == nil
}

// interruptible shows progress within a step and, if steps can be undone, lets ctx's end stop one between two
// operations; the step is then taken back.
func (t *trainer) interruptible(ctx context.Context, undo bool) {
	s := t.stepper
	s.opt.KeepOld(undo && s.sums == nil)
	s.slow = true
	s.nets.Arena().Between(t.between(ctx, undo))
}

// between is what happens between two operations of a slow step, done of total in its current batch.
func (t *trainer) between(ctx context.Context, undo bool) func(done, total int) error {
	s, shown := t.stepper, time.Now()
	return func(done, total int) error {
		if s.checking {
			return nil
		}
		if s.stepping && time.Since(shown) > slowStep {
			shown = time.Now()
			n := float64(t.cfg.Train.Accumulate)
			t.shown.within(&t.state, (float64(s.batch)+float64(done)/float64(total))/n)
		}
		if s.stepping && !undo {
			return nil
		}
		return ctx.Err()
	}
}

// fits refuses a run whose tensors this machine has no memory for: weights, moments, average and gradients
// that are added up, and what a step needs.
func (t *trainer) fits(spec model.Spec) error {
	n, err := model.Values(spec)
	if err != nil {
		return err
	}
	copies := int64(3)
	if t.cfg.EMA.Decay > 0 {
		copies++
	}
	if t.cfg.Train.Accumulate > 1 {
		copies++
	}
	return memory.Need(fmt.Sprintf("the weights of %s and their moments need", spec.Name), memory.Product(n, copies, 4))
}

// packedShare is what prepacked weights take beside the weights themselves: between 1.1 times as much, for small
// images, and 2.7 times where most layers use Winograd's algorithm.
const packedShare = 2

// validationBytes is about what a validation takes beside the memory of a step: prepacked copies of the trained
// weights and of their average.
func (t *trainer) validationBytes() int64 {
	if t.data.val == nil {
		return 0
	}
	var n int64
	for _, e := range t.stepper.weights.Entries() {
		n += int64(e.Size())
	}
	if t.stepper.average != nil {
		n *= 2
	}
	return 4 * packedShare * n
}

// fits refuses batches whose steps, and the validations between them, this machine has no memory for.
func (s *stepper) fits(batch int, validation int64) error {
	net, err := s.nets.Train(batch, s.size, s.size)
	if err != nil {
		return err
	}
	m := net.Machine()
	what := fmt.Sprintf("a step of %d images of %dx%d needs", batch, s.size, s.size)
	if validation > 0 {
		what = fmt.Sprintf("steps of %d images of %dx%d with validation need", batch, s.size, s.size)
	}
	return memory.Need(what, m.ArenaBytes()+m.WorkBytes()+validation)
}
