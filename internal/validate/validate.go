// Package validate scores a checkpoint on labelled images. Metrics themselves live in package
// metric, running the network in package predict; this is the workflow that joins them.
package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"csl/internal/checkpoint"
	"csl/internal/count"
	"csl/internal/dataset"
	"csl/internal/graph"
	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/metric"
	"csl/internal/model"
	"csl/internal/predict"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// DefaultSize is the side of the input where neither the user nor the checkpoint says: the
// reference's.
const DefaultSize = 448

// Options says what to score.
type Options struct {
	ModelPath string
	Data      dataset.Options // Classes is set by the checkpoint
	Size      int             // side of the input; 0: the checkpoint's, else DefaultSize
	Batch     int
	Threshold float64 // for precision, recall and F1
	// ScoresPath is where every image's scores and labels go, as CSV; "" for nowhere.
	ScoresPath string
	Backend    *graph.CPU
	Display    *progress.Display
	FS         safefile.FS
}

// Result is what scoring gave.
type Result struct {
	Report *metric.Report
	Skipped    []loader.Skipped // images left out
}

// Model is a checkpoint made ready: its weights and how it wants its images.
type Model struct {
	Weights *model.Weights
	Classes []string // names in order; nil if the checkpoint has none
	Loading dataset.Loading
	Meta    *checkpoint.Meta // nil if it is not csl's own

	ids []string // of Classes
}

// LoadModel reads a checkpoint strictly. size 0 takes the checkpoint's input size, or DefaultSize.
func LoadModel(ctx context.Context, path string, size int, d codec.Options) (*Model, error) {
	w, sd, err := checkpoint.ReadModel(ctx, path)
	if err != nil {
		return nil, err
	}
	m := &Model{Weights: w, Meta: sd.Meta}
	for _, c := range sd.Classes() {
		m.Classes = append(m.Classes, c.Name)
		m.ids = append(m.ids, c.ID)
	}
	m.Loading = dataset.Loading{Height: DefaultSize, Width: DefaultSize, Interpolation: "bilinear", Decode: d}
	if sd.Meta != nil && sd.Meta.Input != nil {
		in := sd.Meta.Input
		m.Loading.Height, m.Loading.Width, m.Loading.Interpolation = in.Height, in.Width, in.Interpolation
		m.Loading.Mean, m.Loading.Std = in.Mean, in.Std
		m.Loading.Decode.EXIFOrientation = m.Loading.Decode.EXIFOrientation || in.EXIFOrientation
	}
	if size > 0 {
		m.Loading.Height, m.Loading.Width = size, size
	}
	return m, model.CheckSize(m.Loading.Height, m.Loading.Width)
}

// OpenFor opens labelled images for a model. Where the checkpoint names its classes, labels are
// matched to the model's outputs by name or by the id that the checkpoint has for it, and classes
// that the model does not have are left out and counted; else they are matched by position.
func (m *Model) OpenFor(ctx context.Context, o dataset.Options) (*dataset.Split, error) {
	o.Classes, o.ClassIDs, o.SkipOtherClasses = m.Classes, m.ids, true
	c, err := dataset.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if have, want := c.Set.NumClasses(), m.Weights.Spec().NumClasses; have != want {
		return nil, errors.Join(fmt.Errorf("%q has %s, the checkpoint %d and no names to match them by", c.Annotations, count.Of(have, "class"), want), c.Close())
	}
	if m.Classes == nil && o.Display != nil {
		o.Display.Log().Warn("the checkpoint names no classes: they are taken in the order of the labels (csl export --classes FILE writes one with names)")
	}
	return c, nil
}

// Run scores the checkpoint.
func Run(ctx context.Context, o Options) (r Result, err error) {
	m, err := LoadModel(ctx, o.ModelPath, o.Size, o.Data.Decode)
	if err != nil {
		return r, err
	}
	o.Data.Display = o.Display
	o.Data.Decode = m.Loading.Decode
	c, err := m.OpenFor(ctx, o.Data)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	l := m.Loading
	l.Batch, l.Workers, l.SkipBroken = predict.EvenBatch(c.Set.Len(), o.Batch), o.Data.Workers, o.Data.SkipBroken
	l.OnSkip = func(b loader.Skipped) { o.Display.Log().Warn("left out: " + b.String()) }
	batches, err := c.Loader(ctx, l, nil)
	if err != nil {
		return r, err
	}
	runner, err := predict.New(o.Backend, m.Weights, nil, l.Height, l.Width)
	if err != nil {
		return r, err
	}
	runner.UseUpWeights(batches.Batch)
	acc, err := metric.New(metric.Options{Classes: c.Names(), Threshold: o.Threshold})
	if err != nil {
		return r, err
	}
	s := &scorer{o: o, c: c, loader: batches, runner: runner, acc: acc}
	if err := s.run(ctx); err != nil {
		return r, err
	}
	r.Skipped = append(slices.Clone(c.Skipped), batches.Skipped()...)
	r.Report, err = acc.Report(ctx, o.Backend.Threads())
	return r, err
}

// scorer is one pass over the images.
type scorer struct {
	o      Options
	c      *dataset.Split
	loader *loader.Loader
	runner *predict.Runner
	acc    *metric.Accumulator
}

// run scores all images, writing the scores down where that is asked for.
func (s *scorer) run(ctx context.Context) error {
	if s.o.ScoresPath == "" {
		return s.pass(ctx, nil)
	}
	return safefile.Write(s.o.FS, s.o.ScoresPath, func(w io.Writer) error {
		t, err := newTable(w, s.c.Names())
		if err != nil {
			return err
		}
		if err := s.pass(ctx, t); err != nil {
			return err
		}
		return t.flush()
	})
}

func (s *scorer) pass(ctx context.Context, t *table) error {
	task := s.o.Display.Start("validating", "img", int64(s.loader.Len()))
	defer task.Done()
	var scores []float32
	return predict.Pass(ctx, s.loader, 0, func(b *loader.Batch) error {
		logits, err := s.runner.Logits(b.Pix, b.N)
		if err != nil {
			return err
		}
		scores = append(scores[:0], logits...)
		predict.Sigmoid(scores, scores)
		images := make([]string, b.N)
		for i, n := range b.Samples {
			images[i] = s.c.Set.ImageName(n)
		}
		task.Add(int64(b.N))
		if t != nil {
			if err := t.rows(images, scores, b.States); err != nil {
				return err
			}
		}
		return s.acc.Add(images, scores, b.States)
	})
}

// formatScore is the shortest text that reads back as the same float32.
func formatScore(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
