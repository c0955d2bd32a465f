package loader

import "sync/atomic"

// Batch is a batch of images and their labels.
type Batch struct {
	Epoch   int       // epoch it belongs to, from 0
	Number  int       // position in the epoch, from 0
	N       int       // images, at most the loader's batch size
	Whole   int       // images of the whole batch, of which these may be a part; skipped ones included
	Pix     []float32 // [N,H,W,3], scaled
	States  []int8    // [N,classes]: 1, 0 or -1 (unknown)
	Samples []int     // [N], indices of the samples

	pix     []float32 // the memory behind Pix, States and Samples, for a full batch
	states  []int8
	samples []int
	errs    []error
	plan    []int // the epoch's order
	start   int   // where the batch, or its part, starts in it
	want    int   // images planned
	pending atomic.Int32
	done    chan struct{} // gets a value when nothing is pending
}

func newBatch(size, sample, classes int) *Batch {
	return &Batch{
		pix:     make([]float32, size*sample),
		states:  make([]int8, size*classes),
		samples: make([]int, size),
		errs:    make([]error, size),
		done:    make(chan struct{}, 1),
	}
}

// begin plans batch number of an epoch of l whose order is plan.
func (b *Batch) begin(l *Loader, epoch, number int, plan []int) {
	b.Epoch, b.Number, b.Whole = epoch, number, l.whole(number)
	from, to := l.Part.Range(b.Whole)
	b.plan, b.start = plan, number*l.Batch+from
	b.want = to - from
	b.pending.Store(int32(b.want))
	clear(b.errs)
	select {
	case <-b.done: // left by an abandoned epoch
	default:
	}
	if b.want == 0 {
		b.done <- struct{}{}
	}
}

// finished counts a slot as done.
func (b *Batch) finished() {
	if b.pending.Add(-1) == 0 {
		b.done <- struct{}{}
	}
}

// close moves the slots without error together and sets what the caller sees.
func (b *Batch) close(sample, classes int) {
	n := 0
	for slot := range b.want {
		if b.errs[slot] != nil {
			continue
		}
		if n < slot {
			copy(b.pix[n*sample:(n+1)*sample], b.pix[slot*sample:])
			copy(b.states[n*classes:(n+1)*classes], b.states[slot*classes:])
			b.samples[n] = b.samples[slot]
		}
		n++
	}
	b.N = n
	b.Pix, b.States, b.Samples = b.pix[:n*sample], b.states[:n*classes], b.samples[:n]
}
