package train

import "csl/internal/dist"

const (
	// bucketLen is how many gradients are sent at a time: 4 MB. Smaller ones cost latency; above some 30 MB MPI
	// libraries map memory anew for each call.
	bucketLen = 1 << 20
	// bucketsAhead is how many buckets are under way before the oldest is waited for.
	bucketsAhead = 8
)

// buckets adds gradients up over all ranks while others are still being computed: they are copied, one behind the other
// in the order in which they are complete, and each piece of bucketLen is sent as soon as it is full. That
// order is the plan's, and so the same on all ranks.
type buckets struct {
	group  dist.Group
	length int // of a bucket, in elements
	apply  func(i int, grad []float32) error
	ready  func() error // before the first apply
	flat   []float32    // all gradients, and a flag
	order  []slice      // those that were taken
	done   int          // of them, applied
	filled int          // elements taken
	sent   int          // elements sent
	summed int          // elements whose sums are there
	open   []dist.Request
}

// slice is where the gradient of a parameter lies.
type slice struct{ param, from, to int }

// begin starts a step whose sums of gradients apply gets, in the order in which they were taken. n is the number of
// all their elements. Before the first of them, ready is called.
func (b *buckets) begin(n int, ready func() error, apply func(i int, grad []float32) error) {
	if b.flat == nil {
		b.flat = make([]float32, n+1)
	}
	b.ready, b.apply, b.order, b.open = ready, apply, b.order[:0], b.open[:0]
	b.done, b.filled, b.sent, b.summed = 0, 0, 0, 0
}

// take is a model.ApplyFunc.
func (b *buckets) take(i int, grad []float32) error {
	from := b.filled
	b.filled += copy(b.flat[from:], grad)
	b.order = append(b.order, slice{i, from, b.filled})
	for b.filled-b.sent >= b.length {
		b.send(b.length)
		if len(b.open) > bucketsAhead {
			if err := b.settle(); err != nil {
				return err
			}
		}
	}
	return nil
}

// send starts the sum of the next n elements.
func (b *buckets) send(n int) {
	b.open = append(b.open, b.group.As(forGradients).StartSumFloat32(b.flat[b.sent:b.sent+n]))
	b.sent += n
}

// settle waits for the oldest bucket and applies the gradients that are complete then.
func (b *buckets) settle() error {
	if b.summed == 0 {
		if err := b.ready(); err != nil {
			return err
		}
	}
	err := b.open[0].Wait()
	b.open = b.open[:copy(b.open, b.open[1:])]
	if err != nil {
		return err
	}
	b.summed = min(b.summed+b.length, b.filled)
	for ; b.done < len(b.order) && b.order[b.done].to <= b.summed; b.done++ {
		s := b.order[b.done]
		if err := b.apply(s.param, b.flat[s.from:s.to]); err != nil {
			return err
		}
	}
	return nil
}

// finish sends the rest and returns when everything is applied. With it goes flag: any is whether a rank has set it.
func (b *buckets) finish(flag bool) (any bool, err error) {
	at := b.filled
	b.flat[at] = 0
	if flag {
		b.flat[at] = 1
	}
	b.filled++
	b.send(b.filled - b.sent)
	for len(b.open) > 0 {
		if err := b.settle(); err != nil {
			return false, err
		}
	}
	return b.flat[at] != 0, nil
}
