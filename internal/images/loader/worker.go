package loader

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"csl/internal/images"
)

// maxRefill is how many samples are tried in the place of one that cannot be loaded.
const maxRefill = 100

// errDropped marks a slot of a batch that stays empty.
var errDropped = errors.New("skipped")

// worker is what a loading goroutine works with.
type worker struct {
	loader  *Loader
	scratch Scratch
	img     images.RGB
	pcg     rand.PCG
	rng     *rand.Rand
}

func newWorker(l *Loader) *worker {
	w := &worker{loader: l}
	w.rng = rand.New(&w.pcg)
	return w
}

// load fills a slot of a batch, or says in the batch why not.
func (w *worker) load(b *Batch, slot int) {
	l := w.loader
	for try := range min(maxRefill, len(b.plan)) {
		sample := b.plan[(b.start+slot+try)%len(b.plan)]
		err := w.sample(b, slot, sample)
		switch {
		case err == nil:
			return
		case !l.SkipBroken:
			b.errs[slot] = err
			return
		}
		l.skip(Skipped{Sample: sample, Name: l.Samples.ImageName(sample), Err: err})
		if !l.Shuffle {
			b.errs[slot] = errDropped
			return
		}
		b.errs[slot] = fmt.Errorf("%d images in a row cannot be loaded, the last: %w", try+1, err)
	}
}

// sample loads one sample into a slot of a batch.
func (w *worker) sample(b *Batch, slot, sample int) error {
	l := w.loader
	if err := l.Feed.Image(sample, l.Samples.ImageName(sample), &w.img, &w.scratch); err != nil {
		return err
	}
	if 3*w.img.W*w.img.H != l.sample {
		return fmt.Errorf("image %q: %dx%d is not the loader's size", l.Samples.ImageName(sample), w.img.W, w.img.H)
	}
	reseed(&w.pcg, l.Seed, purposeAugment, b.Epoch, sample)
	l.Augment.Apply(&w.img, &w.scratch.tmp, w.rng)
	l.Scale.ToFloat(b.pix[slot*l.sample:(slot+1)*l.sample], &w.img)
	l.Samples.Row(sample, b.states[slot*l.classes:(slot+1)*l.classes])
	b.samples[slot] = sample
	b.errs[slot] = nil
	return nil
}
