package audit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"csl/internal/dataset"
	"csl/internal/images/loader"
	"csl/internal/labels"
	"csl/internal/modelfile"
	"csl/internal/predict"
	"csl/internal/scores"
)

// source gives the logits of every image of a set, one pass at a time.
type source interface {
	// pass calls use with the number of each image and its logits, one per class, valid until use returns. Images
	// that cannot be read are skipped. Every pass gives the same.
	pass(ctx context.Context, what string, use func(image int, logits []float32) error) error
}

// part are the images that one model scores.
type part struct {
	model *modelfile.Model
	rows  []int // images of the set; nil = all
}

// modelSource runs models over images.
type modelSource struct {
	o       *Options
	split   *dataset.Split
	parts   []part
	skipped int // by the last pass
}

func (s *modelSource) pass(ctx context.Context, what string, use func(image int, logits []float32) error) error {
	task := s.o.Display.Start(what, "img", int64(s.split.Set.Len()))
	defer task.Done()
	s.skipped = 0
	for _, p := range s.parts {
		if err := s.run(ctx, p, func(image int, logits []float32) error {
			task.Add(1)
			return use(image, logits)
		}); err != nil {
			return err
		}
	}
	return nil
}

// run scores the images of one part.
func (s *modelSource) run(ctx context.Context, p part, use func(image int, logits []float32) error) (err error) {
	set := s.split.Set
	var samples loader.Samples
	if p.rows != nil {
		if set, err = set.Select(p.rows); err != nil {
			return err
		}
		samples = set
	}
	l := p.model.Loading(s.o.Data.Decode)
	l.Batch, l.Workers, l.SkipBroken = predict.EvenBatch(set.Len(), s.o.Config.Train.Batch), s.o.Data.Workers, s.o.Data.SkipBroken
	l.OnSkip = func(b loader.Skipped) { s.o.Display.Log().Warn("skipped: " + b.String()) }
	batches, err := s.split.Loader(ctx, l, samples)
	if err != nil {
		return err
	}
	runner, err := predict.New(s.o.Backend, p.model.Weights, nil, batches.Batch, l.Height, l.Width)
	if err != nil {
		return err
	}
	defer runner.Close()
	classes := set.NumClasses()
	err = predict.Pass(ctx, batches, 0, s.o.Garbage, func(b *loader.Batch) error {
		scored, err := runner.Score(b, set)
		if err != nil {
			return err
		}
		for i, sample := range b.Samples[:b.N] {
			if p.rows != nil {
				sample = p.rows[sample]
			}
			if err := use(sample, scored.Logits[i*classes:(i+1)*classes]); err != nil {
				return err
			}
		}
		return nil
	})
	s.skipped += len(batches.Skipped())
	return err
}

// storedSource reads scores from a file.
type storedSource struct {
	o      *Options
	set    *labels.Set
	matrix scores.Matrix
}

func (s *storedSource) pass(ctx context.Context, what string, use func(image int, logits []float32) error) error {
	task := s.o.Display.Start(what, "img", int64(s.set.Len()))
	defer task.Done()
	row := make([]float32, s.set.NumClasses())
	for i := range s.set.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.matrix.Scores(i, 0, row); err != nil {
			return fmt.Errorf("scores of image %q: %w", s.set.ImageName(i), err)
		}
		for c, v := range row {
			if v < 0 || v > 1 {
				return fmt.Errorf("score %v of image %q, class %q: want scores from 0 to 1", v, s.set.ImageName(i), s.set.Classes[c].Name)
			}
			row[c] = logitOf(v)
		}
		if err := use(i, row); err != nil {
			return err
		}
		task.Add(1)
	}
	return nil
}

// logitOf is the logit of a score; those of 0 and 1 are finite, too.
func logitOf(score float32) float32 {
	p := float64(score)
	return float32(min(max(math.Log(p)-math.Log1p(-p), -largestLogit), largestLogit))
}

// maxKept is how many bytes of logits are kept between the passes. More are computed twice.
const maxKept = 1 << 30

// keeping is a source whose first pass is kept in memory, if it is small.
type keeping struct {
	from    source
	classes int
	values  []float32
	images  []int // in the order of the pass
	most    int   // values
	full    bool  // too many to keep
}

func newKeeping(from source, images, classes int) *keeping {
	return &keeping{from: from, classes: classes, most: maxKept / 4, full: images*classes > maxKept/4}
}

func (k *keeping) pass(ctx context.Context, what string, use func(image int, logits []float32) error) error {
	if k.full {
		return k.from.pass(ctx, what, use)
	}
	if k.images == nil {
		return k.from.pass(ctx, what, func(image int, logits []float32) error {
			k.images, k.values = append(k.images, image), append(k.values, logits...)
			return use(image, logits)
		})
	}
	for i, image := range k.images {
		if err := use(image, slices.Clip(k.values[i*k.classes:(i+1)*k.classes])); err != nil {
			return err
		}
	}
	return nil
}
