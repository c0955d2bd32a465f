package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/metric"
	"csl/internal/modelfile"
	"csl/internal/progress"
	"csl/internal/scores"
)

// StoredOptions says which scores to judge.
type StoredOptions struct {
	// Scores is a file as package scores reads it.
	Scores string
	// Labels are those to judge them by.
	Labels labels.Options
	// Threshold is the score above which a class counts as present; nil means modelfile.DefaultThreshold.
	Threshold *float64
	Workers   int
	Display   *progress.Display
	Extras    Extras
	// Observer, if given, sees what is scored, but no images.
	Observer Observer
}

// storedBatch is how many images are taken at a time.
const storedBatch = 64

// RunStored scores a file of scores instead of a model: no images are needed.
func RunStored(ctx context.Context, o StoredOptions) (r Result, err error) {
	acc, err := CollectStored(ctx, o, &r)
	if err != nil {
		return r, err
	}
	return r, errors.Join(r.score(ctx, acc.Accumulator, o.Extras, o.Workers), acc.Close())
}

// Stored is an accumulator that reads its scores from a file.
type Stored struct {
	*metric.Accumulator
	matrix scores.Matrix
}

// Close closes the file.
func (s *Stored) Close() error { return s.matrix.Close() }

// CollectStored reads labels and scores. The accumulator has to be closed after use.
func CollectStored(ctx context.Context, o StoredOptions, r *Result) (s *Stored, err error) {
	set, report, err := dataset.Labels(ctx, o.Labels)
	if err != nil {
		return nil, err
	}
	dataset.LogReport(o.Display.Log(), "labels", report)
	m, err := scores.Open(ctx, o.Scores, o.Labels.Encoding, set)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
		}
	}()
	threshold := modelfile.DefaultThreshold
	if o.Threshold != nil {
		threshold = *o.Threshold
	}
	r.Thresholds, r.OneThreshold = slices.Repeat([]float32{float32(threshold)}, set.NumClasses()), true
	r.frequencies = set.Classes
	acc, err := metric.New(metric.Options{Classes: set.ClassNames(), Thresholds: r.Thresholds, Stored: m})
	if err != nil {
		return nil, err
	}
	if o.Observer != nil {
		o.Observer.Begin(set.ClassNames())
	}
	if err := addStored(ctx, acc, set, m, o); err != nil {
		return nil, err
	}
	return &Stored{acc, m}, nil
}

// addStored adds all images.
func addStored(ctx context.Context, acc *metric.Accumulator, set *labels.Set, m scores.Matrix, o StoredOptions) error {
	task := o.Display.Start("scoring", "img", int64(set.Len()))
	defer task.Done()
	classes := set.NumClasses()
	names, row, states := make([]string, 0, storedBatch), make([]float32, storedBatch*classes), make([]int8, storedBatch*classes)
	for from := 0; from < set.Len(); from += storedBatch {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(storedBatch, set.Len()-from)
		names = names[:0]
		for i := range n {
			names = append(names, set.ImageName(from+i))
			set.Row(from+i, states[i*classes:(i+1)*classes])
			if err := m.Scores(from+i, 0, row[i*classes:(i+1)*classes]); err != nil {
				return fmt.Errorf("scores of image %q: %w", names[i], err)
			}
		}
		if err := acc.Add(names, row[:n*classes], states[:n*classes]); err != nil {
			return err
		}
		if o.Observer != nil {
			if err := o.Observer.Scored(names, row[:n*classes], states[:n*classes]); err != nil {
				return err
			}
		}
		task.Add(int64(n))
	}
	return nil
}
