package infer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"csl/internal/count"
	"csl/internal/dist"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/images/loader"
	"csl/internal/images/source"
	"csl/internal/predict"
)

// Prediction is one class that an image is said to have.
type Prediction struct {
	Index int    `json:"index"` // of the output
	Class string `json:"class"` // name of the class
	// Score is the class's probability by the model, and Logit what it is the sigmoid of.
	Score float32 `json:"score"`
	Logit float32 `json:"-"`
}

// Result is what came out for one image.
type Result struct {
	Number int    // of the image among the inputs, from 0
	Image  string // its path
	// Predictions are sorted by falling score.
	Predictions []Prediction
	// Animated says that further frames of the image were not looked at.
	Animated bool
	// Err is why there are none: the image could not be read.
	Err error
}

// Sink takes results in the order of the inputs. Flush says that the next one may take a while.
type Sink interface {
	Result(*Result) error // takes the result of one image
	Flush() error         // is called after each batch
}

// Options says what to run a model on.
type Options struct {
	Model    *Model           // the model to run
	Images   []string         // paths, in the order of the results
	Shard    Shard            // which of them to classify; the zero value is all
	Group    dist.Group       // ranks that share the images, each in its Run with equal options; nil for one that is alone
	Archives *source.Archives // in which some of them may lie
	Limits   Limits           // of decoding
	Batch    int              // images per run of the network
	Workers  int              // goroutines that decode; 0: GOMAXPROCS
	// Rotated, unless nil, is told at the end how many images are stored rotated but were not turned.
	Rotated func(n int)
	// TopK is how many classes, the most likely, are compared with their thresholds; 0: all.
	TopK int
	// Cut, unless nil, is told at the end how many classes of how many images scored above their thresholds but
	// are not among the first TopK.
	Cut     func(classes, images int)
	Backend graph.Backend
	Garbage garbage.Hooks
}

// Run classifies images. They are decoded while the network runs on earlier ones. An image that
// cannot be read is a result with an error; skipped counts those. Of several ranks, rank 0 hands the results of all to its
// sink; skipped is of all, on each of them.
func Run(ctx context.Context, o Options, sink Sink) (skipped int, err error) {
	from, to := o.Shard.Range(len(o.Images), o.Batch)
	if from == to {
		return 0, sink.Flush()
	}
	if o.Group == nil {
		o.Group = dist.Single()
	}
	if err := predict.Agree(o.Group, o.Model.Weights); err != nil {
		return 0, err
	}
	f := newFeed(o)
	p := &pass{o: o, feed: f, sink: sink, next: from, broken: map[int]error{}}
	batch := predict.EvenBatch(len(o.Images), o.Batch)
	batches, err := p.loader(batch, from, to)
	if err != nil {
		return 0, err
	}
	runner, err := predict.New(o.Backend, o.Model.Weights, nil, batch, o.Model.Height, o.Model.Width)
	if err != nil {
		return 0, err
	}
	o.Model.Weights.Release(o.Garbage) // a command runs once
	runner.FixBatch(batch)
	if o.Group.Size() == 1 {
		err = predict.Pass(ctx, batches, 0, o.Garbage, func(b *loader.Batch) error {
			logits, err := runner.Logits(b.Pix, b.N)
			if err != nil {
				return err
			}
			return p.batch(b.Samples, logits)
		})
		if err == nil {
			err = p.until(to) // skipped images at the end
		}
	} else {
		err = p.share(ctx, batches, runner, batch)
	}
	if o.Rotated != nil && f.rotated > 0 {
		o.Rotated(f.rotated)
	}
	if o.Cut != nil && p.cut > 0 {
		o.Cut(p.cut, p.cutImages)
	}
	if flushed := sink.Flush(); err == nil {
		err = flushed
	}
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("stopped after %d of %s: %w", p.next-from, count.Of(to-from, "image"), context.Canceled)
	}
	return p.skipped, err
}

// loader loads the images with numbers from and up to, but without, to; of several ranks each has its batches.
func (p *pass) loader(batch, from, to int) (*loader.Loader, error) {
	c := loader.Config{
		Samples: p.feed, Feed: p.feed, Scale: p.o.Model.Scale,
		Batch: batch, Workers: p.o.Workers, SkipBroken: true, OnSkip: p.skip, Part: predict.Turns(p.o.Group),
	}
	for i := from; i < to && to-from < len(p.o.Images); i++ {
		c.Use = append(c.Use, i)
	}
	return loader.New(c)
}

// share classifies images together with the other ranks, round by round.
func (p *pass) share(ctx context.Context, batches *loader.Loader, runner *predict.Runner, batch int) error {
	g := &gathering{group: p.o.Group, sink: p.sink}
	p.sink = g
	err := predict.Pass(ctx, batches, 0, p.o.Garbage, func(b *loader.Batch) error {
		var logits []float32
		if b.N > 0 {
			var err error
			if logits, err = runner.Logits(b.Pix, b.N); err != nil {
				return err
			}
		}
		return p.shareRound(g, b, batch, logits)
	})
	if err != nil {
		return err
	}
	return p.total(p.o.Group)
}

// pass is one run over the images.
type pass struct {
	o       Options
	feed    *feed
	sink    Sink
	next    int // the number of the next result
	skipped int
	order   []int

	cut, cutImages int // see Options.Cut

	mu     sync.Mutex
	broken map[int]error
}

// skip notes that an image could not be read.
func (p *pass) skip(b loader.Skipped) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken[b.Sample] = b.Err
}

// batch hands on the results of a batch, and before each those of the skipped images that precede it.
func (p *pass) batch(samples []int, logits []float32) error {
	classes := len(p.o.Model.Classes)
	for i, n := range samples {
		if err := p.until(n); err != nil {
			return err
		}
		r := &Result{Number: n, Image: p.o.Images[n], Animated: p.feed.isAnimated(n)}
		r.Predictions, r.Err = p.predictions(logits[i*classes : (i+1)*classes])
		if err := p.emit(r); err != nil {
			return err
		}
	}
	return p.sink.Flush()
}

// until hands on the images before number n, which were all skipped.
func (p *pass) until(n int) error {
	for p.next < n {
		p.mu.Lock()
		err := p.broken[p.next]
		p.mu.Unlock()
		if err := p.emit(&Result{Number: p.next, Image: p.o.Images[p.next], Err: err}); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) emit(r *Result) error {
	p.next = r.Number + 1
	if r.Err != nil {
		p.skipped++
	}
	return p.sink.Result(r)
}

// predictions ranks the classes of an image: the first TopK of them, of which those above their
// threshold remain. Classes of equal logits keep their order.
func (p *pass) predictions(logits []float32) ([]Prediction, error) {
	p.order = p.order[:0]
	for i, z := range logits {
		if math.IsNaN(float64(z)) || math.IsInf(float64(z), 0) {
			return nil, fmt.Errorf("the model's output for class %d is %v: the checkpoint has broken weights", i, z)
		}
		p.order = append(p.order, i)
	}
	slices.SortStableFunc(p.order, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	list, cut := []Prediction{}, 0
	for rank, i := range p.order {
		var score [1]float32
		predict.Sigmoid(score[:], logits[i:i+1])
		switch t := p.o.Model.Thresholds[i]; {
		case t != 0 && score[0] <= t:
		case p.o.TopK > 0 && rank >= p.o.TopK:
			cut++
		default:
			list = append(list, Prediction{Index: i, Class: p.o.Model.Classes[i], Score: score[0], Logit: logits[i]})
		}
	}
	if cut > 0 {
		p.cut, p.cutImages = p.cut+cut, p.cutImages+1
	}
	return list, nil
}
