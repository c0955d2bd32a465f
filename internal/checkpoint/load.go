package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"csl/internal/model"
)

// maxReaders is how many tensors are read at the same time at the most. Each
// needs a buffer of the largest tensor's size, 6 % of a TResNet-L, and loading
// shall need less than 1.3 times the weights.
const maxReaders = 2

// ErrMismatch says that a checkpoint is one of another model.
var ErrMismatch = errors.New("does not fit")

// LoadOptions says how exactly a checkpoint must fit. The zero value is strict:
// any difference is an error.
type LoadOptions struct {
	// Partial loads what fits, for fine-tuning: tensors that are missing or
	// mis-shaped keep the values that they have, unexpected ones are skipped.
	// A checkpoint of which no convolution fits is still an error.
	Partial bool
	// KeepHead leaves the head as it is: that of the checkpoint, if there is one,
	// is neither read nor compared.
	KeepHead bool
}

// Load reads the tensors into w. The Diff says what did not fit; an error that
// is [ErrMismatch] lists the first ones. w is changed only after the comparison;
// after a later error its content is undefined.
func (sd *StateDict) Load(ctx context.Context, w *model.Weights, o LoadOptions) (*Diff, error) {
	diff, err := sd.Compare(w.Entries())
	if err != nil {
		return nil, err
	}
	if o.KeepHead {
		diff = diff.withoutHead()
	}
	if !o.Partial && !diff.Empty() {
		return diff, sd.mismatch(w, diff.String())
	}
	var todo []model.Entry
	backbone := false
	for _, e := range w.Entries() {
		shape, ok := sd.Shape(e.Name)
		if !ok || !slices.Equal(shape, e.Shape) || o.KeepHead && isHead(e.Name) {
			continue
		}
		if w.InMemory(e) {
			todo = append(todo, e)
		}
		backbone = backbone || len(e.Shape) == 4 // a convolution: some biases have one size in all models
	}
	if !backbone {
		return diff, sd.mismatch(w, "not one of its convolutions does")
	}
	return diff, sd.transfer(ctx, w, todo)
}

// mismatch says why the checkpoint does not fit w, and what it is if that is
// another architecture.
func (sd *StateDict) mismatch(w *model.Weights, why string) error {
	fits := w.Spec().Name
	if have, want := sd.Spec, w.Spec(); !sameBlocks(have, want) {
		fits = fmt.Sprintf("%s, being %s", blocks(want), blocks(have))
	}
	return fmt.Errorf("checkpoint %q %w %s: %s", sd.File.Path, ErrMismatch, fits, why)
}

func isHead(name string) bool { return strings.HasPrefix(name, "head.") }

// transfer reads the entries with a few workers, each with one reused buffer,
// so that loading needs hardly more memory than the weights themselves.
func (sd *StateDict) transfer(ctx context.Context, w *model.Weights, todo []model.Entry) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan model.Entry)
	var wg sync.WaitGroup
	sd.nonFinite = nil
	for range min(maxReaders, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			var buf []float32
			for e := range work {
				buf = slices.Grow(buf[:0], e.Size())[:e.Size()]
				if err := sd.transferOne(w, e, buf); err != nil {
					stop(err)
				}
			}
		})
	}
	// The largest first: later tensors fit the buffers.
	slices.SortStableFunc(todo, func(a, b model.Entry) int { return b.Size() - a.Size() })
	for _, e := range todo {
		if ctx.Err() != nil {
			break
		}
		work <- e
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

func (sd *StateDict) transferOne(w *model.Weights, e model.Entry, buf []float32) error {
	if e.Kind == model.Counter {
		t := sd.source[e.Name]
		if t.DType.IsFloat() {
			return w.Set(e.Name, e.Shape, []float32{0}) // half() of a whole model; the counter has no effect
		}
		n, err := t.Int64s()
		if err != nil {
			return fmt.Errorf("checkpoint %q: %w", sd.File.Path, err)
		}
		return w.SetCount(e.Name, n[0])
	}
	if err := sd.Read(e.Name, buf); err != nil {
		return err
	}
	sd.noteNonFinite(e.Name, buf)
	return w.Set(e.Name, e.Shape, buf)
}

// ReadModel opens the checkpoint at path and loads all of it, strictly, into
// new weights of the architecture that it says it is. The file is closed
// afterwards; the StateDict still tells scheme, classes and metadata.
func ReadModel(ctx context.Context, path string) (w *model.Weights, sd *StateDict, err error) {
	f, err := Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if sd, err = Interpret(f); err != nil {
		return nil, nil, err
	}
	w, _, err = sd.Model(ctx, false)
	return w, sd, err
}

// Model loads the checkpoint into new weights of the architecture that it says it is. All tensors
// must fit; if lenient, all that the model needs must be there, and the Diff lists the others.
func (sd *StateDict) Model(ctx context.Context, lenient bool) (*model.Weights, *Diff, error) {
	return sd.model(ctx, lenient, func() (*model.Weights, error) { return model.NewWeights(sd.Spec) })
}

// model is Model with weights that blank makes.
func (sd *StateDict) model(ctx context.Context, lenient bool, blank func() (*model.Weights, error)) (*model.Weights, *Diff, error) {
	path := sd.File.Path
	switch {
	case sd.OtherHead != "":
		return nil, nil, fmt.Errorf("checkpoint %q has an %s for a head, which csl does not have: only its backbone can be used, as the start of a training", path, sd.OtherHead)
	case sd.Spec.NumClasses == 0:
		return nil, nil, fmt.Errorf("checkpoint %q has no head: it is a backbone, which can only be fine-tuned", path)
	}
	w, err := sd.blank(blank)
	if err != nil {
		return nil, nil, err
	}
	diff, err := sd.Load(ctx, w, LoadOptions{Partial: lenient})
	if err != nil {
		return nil, diff, err
	}
	if !diff.Empty() && !diff.OnlyUnexpected() {
		return nil, diff, fmt.Errorf("checkpoint %q lacks what the model needs: %v", path, diff)
	}
	return w, diff, nil
}

// blank makes room for the weights by room, after a check that the file is large
// enough to fill it: a few names and broadcast views could claim any model.
func (sd *StateDict) blank(room func() (*model.Weights, error)) (*model.Weights, error) {
	const leastBytes = 2 // of a stored element: half precision
	if need := leastElements(sd.Spec); need > sd.File.content/leastBytes {
		return nil, fmt.Errorf("checkpoint %q: its names and shapes claim a model of more than %d values, but it has only %d bytes",
			sd.File.Path, need, sd.File.content)
	}
	w, err := room()
	if err != nil {
		return nil, fmt.Errorf("checkpoint %q: %w", sd.File.Path, err)
	}
	return w, nil
}

// leastElements is a lower bound, by less than a factor of three, of the
// number of values of a model.
func leastElements(s model.Spec) int64 {
	var n int64
	width := int64(0)
	for i, blocks := range s.Stages {
		p := int64(s.Planes) << i
		per := 9 * p * p // one 3x3 convolution
		width = p
		if s.Kinds[i] == model.Bottleneck {
			per += 4 * p * p // and the last 1x1
			width = 4 * p
		}
		n += int64(blocks) * per
	}
	if s.Head == model.BottleneckHead {
		hidden := int64(s.HeadHidden)
		n, width = n+width*hidden, hidden
	}
	return n + width*int64(s.NumClasses)
}
