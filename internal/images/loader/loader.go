package loader

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"csl/internal/images/transform"
)

// Config says what a Loader loads.
type Config struct {
	Samples Samples           // names and labels of the images
	Use     []int             // the samples that take part, in sequential order; nil for all
	Feed    Feed              // where pixels come from
	Scale   *transform.Scale  // from bytes to float32
	Augment transform.Augment // the zero value alters nothing

	Batch   int    // images per batch
	Part    Part   // what is loaded of each batch; the zero value is all
	Shuffle bool   // a new order for each epoch, from Seed; for training
	Seed    uint64 // of order and augmentation

	// SkipBroken goes on when an image cannot be loaded. In a shuffled epoch the next sample that can
	// be loaded takes its place, so that batches stay full (it will appear twice in the epoch); in
	// sequential order the batch gets shorter, so that every sample appears at most once. Without
	// SkipBroken the first such image ends the epoch with an error.
	SkipBroken bool
	// OnSkip is called once for each skipped sample, by any goroutine, one at a time.
	OnSkip func(Skipped)

	Workers  int // goroutines that load; 0 for GOMAXPROCS
	Prefetch int // batches loaded ahead; 0 for 3
}

// Loader brings the samples as batches, loaded ahead by several goroutines. What a batch holds
// depends on seed, epoch and number only, not on workers, timing or where the epoch was entered.
type Loader struct {
	Config
	use     []int
	sample  int // floats per image
	classes int

	mu      sync.Mutex
	skipped map[int]Skipped

	batches freeList[Batch]
	workers freeList[worker]
}

// New checks the configuration.
func New(c Config) (*Loader, error) {
	if c.Batch < 1 {
		return nil, fmt.Errorf("batch size %d: want at least 1", c.Batch)
	}
	if err := c.Augment.Validate(); err != nil {
		return nil, err
	}
	w, h := c.Feed.Size()
	if w < 1 || h < 1 {
		return nil, fmt.Errorf("image size %dx%d: want at least 1x1", w, h)
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Prefetch <= 0 {
		c.Prefetch = 3
	}
	l := &Loader{Config: c, use: c.Use, sample: w * h * 3, classes: c.Samples.NumClasses(), skipped: map[int]Skipped{}}
	if l.use == nil {
		l.use = Without(nil, c.Samples.Len())
	}
	if len(l.use) == 0 {
		return nil, errors.New("no images to load")
	}
	l.Batch = min(l.Batch, len(l.use)) // a batch that is larger takes no more memory
	return l, nil
}

// whole is how many images batch number n has, those of other parts included.
func (l *Loader) whole(n int) int { return max(0, min(l.Batch, len(l.use)-n*l.Batch)) }

// Len is the number of samples that take part.
func (l *Loader) Len() int { return len(l.use) }

// Batches is the number of batches of an epoch; the last may be short.
func (l *Loader) Batches() int { return (len(l.use) + l.Batch - 1) / l.Batch }

// Skipped lists the samples skipped so far, in ascending order.
func (l *Loader) Skipped() []Skipped {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Skipped
	for _, b := range l.skipped {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Skipped) int { return a.Sample - b.Sample })
	return all
}

// skip notes a sample that could not be loaded.
func (l *Loader) skip(b Skipped) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.skipped[b.Sample]; known {
		return
	}
	l.skipped[b.Sample] = b
	if l.OnSkip != nil {
		l.OnSkip(b)
	}
}

// order is the order of an epoch.
func (l *Loader) order(epoch int) []int {
	if !l.Shuffle {
		return l.use
	}
	var g rand.PCG
	reseed(&g, l.Seed, purposeOrder, epoch, 0)
	order := slices.Clone(l.use)
	rand.New(&g).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// partSize is how many images of a batch are loaded here at most.
func (l *Loader) partSize() int {
	from, to := l.Part.Range(l.Batch)
	return to - from
}

// Epoch starts loading an epoch (from 0) at batch first, so that a run can go on where it stopped.
// The caller calls Close at the end, whether or not it has taken all batches.
func (l *Loader) Epoch(ctx context.Context, epoch, first int) *Epoch {
	ctx, cancel := context.WithCancelCause(ctx)
	e := &Epoch{
		loader:  l,
		ctx:     ctx,
		cancel:  cancel,
		plan:    l.order(epoch),
		number:  epoch,
		free:    make(chan *Batch, l.Prefetch+1),
		ordered: make(chan *Batch, l.Prefetch+1),
		jobs:    make(chan job),
	}
	for range min(l.Prefetch+1, max(l.Batches()-first, 0)) {
		b := l.batches.take(func() *Batch { return newBatch(l.partSize(), l.sample, l.classes) })
		e.all = append(e.all, b)
		e.free <- b
	}
	e.wg.Go(func() { e.dispatch(max(first, 0)) })
	for range min(l.Workers, l.Len()) {
		w := l.workers.take(func() *worker { return newWorker(l) })
		e.workers = append(e.workers, w)
		e.wg.Go(func() { e.work(w) })
	}
	return e
}
