// Package validate scores a checkpoint on labelled images. Metrics themselves live in package
// metric, running the network in package predict; this is the workflow that joins them.
package validate

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"

	"csl/internal/dataset"
	"csl/internal/dist"
	"csl/internal/garbage"
	"csl/internal/graph"
	"csl/internal/images/codec"
	"csl/internal/images/loader"
	"csl/internal/images/source"
	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/progress"
	"csl/internal/safefile"
)

// Options says what to score.
type Options struct {
	Model modelfile.Options // the model to open
	Data  dataset.Options   // Classes is set by the checkpoint
	Batch int               // images per run of the network
	// Threshold is the score above which a class counts as present, for precision, recall and F1; nil
	// means the checkpoint's, one or one per class, else modelfile.DefaultThreshold.
	Threshold *float64
	// ScoresPath is where every image's scores and labels go, as CSV; "" for nowhere.
	ScoresPath string
	// CSVSafe keeps spreadsheets from taking names in it for formulas.
	CSVSafe bool
	// MatrixPath is where every image's scores go as an .npy file of images by classes; "" for nowhere.
	MatrixPath string
	Backend    graph.Host
	Arena      *graph.Arena      // memory to share with nets that do not run meanwhile; may be nil
	Display    *progress.Display // messages and progress
	FS         safefile.FS       // where files are written
	Garbage    garbage.Hooks     // controls the garbage collector
	Extras     Extras            // what else to compute
	// Group are the ranks that share the images, each in its Run with equal options; nil for one that is alone. The
	// scores come to rank 0, which alone writes files and computes metrics.
	Group dist.Group
	// Observer, if given, sees what is scored.
	Observer Observer

	title  string       // of the progress; "" = validating
	before func() error // every batch, on all ranks at the same time; nil for nothing
}

// Observer sees what is scored, for more than metrics.
type Observer interface {
	// Begin is called first, with the classes in the order of the scores.
	Begin(classes []string)
	// Scored takes a batch: names of images, and scores and labels [images, classes], valid during the call.
	Scored(images []string, scores []float32, states []int8) error
	// Images is called after the last batch, while images can still be read. Stored scores have none.
	Images(src source.Source, o codec.Options) error
}

// Result is what scoring gave.
type Result struct {
	Report  *metric.Report   // the scores
	Skipped []loader.Skipped // images that could not be used
	// Cells are the annotated cells that the report is of.
	Cells *metric.Accumulator
	// Prior is the class prior that the checkpoint was trained with; nil without.
	Prior []float32
	// Thresholds are the scores, one per class, above which a class counted as present; OneThreshold
	// says that they are the same by choice.
	Thresholds   []float32
	OneThreshold bool
	// Bootstrap is nil where it was not asked for.
	Bootstrap *metric.Bootstrap
	// Groups are the classes by number of annotations, the rarest first.
	Groups []metric.Group
	// Frequencies are the classes by what the annotation file says of how often they occur (LVIS); nil where it says
	// nothing.
	Frequencies []Frequency
	// Calibration is nil without annotated cells, and where scores are not from 0 to 1.
	Calibration *metric.Calibration

	frequencies []labels.Class
}

// Run scores the checkpoint. Of several ranks, those but rank 0 only learn which images were skipped.
func Run(ctx context.Context, o Options) (r Result, err error) {
	if o.Group == nil {
		o.Group = dist.Single()
	}
	acc, err := Collect(ctx, o, &r)
	if err != nil {
		return r, err
	}
	return r, dist.Together(o.Group, func() error {
		if acc == nil {
			return nil
		}
		return r.score(ctx, acc, o.Extras, o.Backend.Threads())
	})
}

// Collect runs the checkpoint over the images. Of r it fills in all but what is computed of the accumulator, which
// only rank 0 gets.
func Collect(ctx context.Context, o Options, r *Result) (acc *metric.Accumulator, err error) {
	if o.Group == nil {
		o.Group = dist.Single()
	}
	m, err := modelfile.Open(ctx, o.Model)
	if err != nil {
		return nil, err
	}
	for _, w := range m.Warnings {
		o.Display.Log().Warn(w)
	}
	l := m.Loading(o.Data.Decode)
	o.Data.Display, o.Data.Decode = o.Display, l.Decode
	c, err := m.OpenSplit(ctx, o.Data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := errors.Join(agree(o.Group, c), predict.Agree(o.Group, m.Weights)); err != nil {
		return nil, err
	}
	l.Part = predict.Turns(o.Group)
	l.Batch, l.Workers, l.SkipBroken = predict.EvenBatch(c.Set.Len(), o.Batch), o.Data.Workers, o.Data.SkipBroken
	l.OnSkip = func(b loader.Skipped) { o.Display.Log().Warn("skipped: " + b.String()) }
	batches, err := c.Loader(ctx, l, nil)
	if err != nil {
		return nil, err
	}
	runner, err := predict.New(o.Backend, m.Weights, o.Arena, batches.Batch, l.Height, l.Width)
	if err != nil {
		return nil, err
	}
	m.Weights.Release(o.Garbage)
	defer func() { err = errors.Join(err, runner.Close()) }()
	runner.FixBatch(batches.Batch)
	r.Thresholds, r.OneThreshold = m.Thresholds(o.Threshold, modelfile.DefaultThreshold)
	r.frequencies = c.Set.Classes
	if acc, err = metric.New(metric.Options{Classes: c.Names(), Thresholds: r.Thresholds}); err != nil {
		return nil, err
	}
	if m.Meta != nil {
		r.Prior = m.Meta.Prior
	}
	s := &scorer{o: o, c: c, loader: batches, runner: runner, acc: acc}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if o.Observer != nil {
		if err := o.Observer.Images(c.Source, l.Decode); err != nil {
			return nil, err
		}
	}
	skipped, err := allSkipped(o.Group, batches.Skipped())
	if err != nil {
		return nil, err
	}
	r.Skipped = append(slices.Clone(c.Skipped), skipped...)
	if o.Group.Rank() > 0 {
		return nil, nil
	}
	return acc, nil
}

// scorer is one pass over the images.
type scorer struct {
	o      Options
	c      *dataset.Split
	loader *loader.Loader
	runner *predict.Runner
	acc    *metric.Accumulator
}

// output takes the scores of a batch.
type output func(scored predict.Scored) error

// run scores all images, writing the scores down where that is asked for.
func (s *scorer) run(ctx context.Context) error {
	var observe output
	if o := s.o.Observer; o != nil {
		o.Begin(s.c.Names())
		observe = func(b predict.Scored) error { return o.Scored(b.Images, b.Scores, b.States) }
	}
	return s.withTable(func(table output) error {
		return s.withMatrix(func(matrix output) error { return s.pass(ctx, table, matrix, observe) })
	})
}

// withTable calls run with what writes the table of scores, if there is to be one.
func (s *scorer) withTable(run func(output) error) error {
	if s.o.ScoresPath == "" || s.o.Group.Rank() > 0 {
		return run(nil)
	}
	return safefile.Write(s.o.FS, s.o.ScoresPath, func(w io.Writer) error {
		t, err := newTable(w, s.c.Names(), s.o.CSVSafe)
		if err != nil {
			return err
		}
		if err := run(func(b predict.Scored) error { return t.rows(b.Images, b.Scores, b.States) }); err != nil {
			return err
		}
		return t.flush()
	})
}

// withMatrix calls run with what writes the matrix of scores, if there is to be one.
func (s *scorer) withMatrix(run func(output) error) error {
	if s.o.MatrixPath == "" || s.o.Group.Rank() > 0 {
		return run(nil)
	}
	return safefile.Write(s.o.FS, s.o.MatrixPath, func(w io.Writer) error {
		m, err := newMatrix(w, s.c.Set.Len(), s.c.Set.NumClasses())
		if err != nil {
			return err
		}
		if err := run(func(b predict.Scored) error { return m.rows(b.Samples, b.Scores) }); err != nil {
			return err
		}
		return m.upTo(s.c.Set.Len())
	})
}

func (s *scorer) pass(ctx context.Context, outputs ...output) error {
	task := s.o.Display.Start(cmp.Or(s.o.title, "validating"), "img", int64(s.loader.Len()))
	defer task.Done()
	return predict.Pass(ctx, s.loader, 0, s.o.Garbage, func(b *loader.Batch) error {
		score := func(b *loader.Batch) (predict.Scored, error) { return s.runner.Score(b, s.c.Set) }
		if s.o.Group.Size() > 1 {
			score = s.share
		}
		if s.o.before != nil {
			if err := s.o.before(); err != nil {
				return err
			}
		}
		scored, err := score(b)
		if err != nil || len(scored.Images) == 0 {
			return err
		}
		task.Add(int64(len(scored.Images)))
		for _, write := range outputs {
			if write == nil {
				continue
			}
			if err := write(scored); err != nil {
				return err
			}
		}
		return s.acc.Add(scored.Images, scored.Scores, scored.States)
	})
}

// formatScore is the shortest text that reads back as the same float32.
func formatScore(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
