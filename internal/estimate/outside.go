package estimate

import (
	"context"
	"errors"
	"fmt"

	"csl/internal/config"
	"csl/internal/dataset"
	"csl/internal/labels"
	"csl/internal/prior"
	"csl/internal/scores"
)

// fromScores says whether the prior is that of the scores of another model: without training, and without
// looking at an image.
func (o *Options) fromScores() bool {
	l := o.Config.Loss
	return l.Scores != "" && l.ScoresAs == config.ScoresLikelihood
}

// byScores fills r with the prior that the scores of another model give, and returns the labels of the images
// before simulation hides any.
func (o *Options) byScores(ctx context.Context, r *Result) (set *labels.Set, err error) {
	path := o.Config.Loss.Scores
	if o.Model.Path != "" {
		return nil, fmt.Errorf("a checkpoint and loss.scores %q are given: the prior comes from one of the two", path)
	}
	if o.Config.Prior.Method == config.PriorTraining {
		return nil, fmt.Errorf("prior.method %s needs a training, but the scores in loss.scores %q take its place", config.PriorTraining, path)
	}
	c, err := dataset.Open(ctx, o.Data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	file, err := scores.OpenPartial(ctx, path, o.Config.Data.Encoding, c.Set)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	known := c.Set
	if s := o.Config.Simulate; s.Type != config.SimulateNone {
		if known, err = labels.Simulate(c.Set, s.Type, s.Param, s.Seed); err != nil {
			return nil, err
		}
	}
	var positives, negatives []int
	for _, k := range known.Stats().Classes {
		positives, negatives = append(positives, int(k.Positives)), append(negatives, int(k.Negatives))
	}
	shift := prior.NewOutside(known.Len(), positives, negatives)
	err = file.Each(ctx, func(image, class int, score float32) { shift.AddScore(class, score, int8(known.At(image, class))) })
	if err != nil {
		return nil, err
	}
	e, err := shift.Estimate(c.Names())
	if err != nil {
		return nil, err
	}
	if r.Weights, r.Skipped = "the scores in "+path, len(c.Skipped); o.Config.Prior.Method == config.PriorMean {
		r.Prior = &prior.Prior{Classes: e.Prior.Classes, Avg: e.Mean}
		return c.Set, nil
	}
	r.Estimate, r.Prior = e, e.Prior
	o.judge(e)
	return c.Set, nil
}
