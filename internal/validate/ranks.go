package validate

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"csl/internal/dataset"
	"csl/internal/dist"
	"csl/internal/images/loader"
	"csl/internal/predict"
)

// agree fails on all ranks unless they have the same labels for the same list of images.
func agree(g dist.Group, c *dataset.Split) error {
	if g.Size() == 1 {
		return nil
	}
	text, err := json.Marshal(c.Digest().Copied())
	if err != nil {
		return err
	}
	return dist.Agree(g, "labels and images", text)
}

// share scores the batch of this rank in a round and gives rank 0 those of all, as if they were one.
func (s *scorer) share(b *loader.Batch) (all predict.Scored, err error) {
	var mine []float32
	if b.N > 0 {
		scored, err := s.runner.Score(b, s.c.Set)
		if err != nil {
			return all, err
		}
		mine = scored.Scores
	}
	classes := s.c.Set.NumClasses()
	samples, sets, err := predict.Gather(s.o.Group, classes, b.Samples, mine)
	if err != nil || len(samples) == 0 {
		return all, err
	}
	all = predict.Scored{
		Batch:  &loader.Batch{N: len(samples), Samples: samples, States: make([]int8, len(samples)*classes)},
		Scores: sets[0],
	}
	for i, n := range samples {
		all.Images = append(all.Images, s.c.Set.ImageName(n))
		s.c.Set.Row(n, all.States[i*classes:(i+1)*classes])
	}
	return all, nil
}

// skip is a skipped image on its way to other ranks.
type skip struct {
	Sample    int
	Name, Why string
}

// allSkipped are the images that any rank skipped in the pass, in ascending order, on all ranks.
func allSkipped(g dist.Group, mine []loader.Skipped) ([]loader.Skipped, error) {
	if g.Size() == 1 {
		return mine, nil
	}
	var told []skip
	for _, b := range mine {
		told = append(told, skip{b.Sample, b.Name, b.Err.Error()})
	}
	text, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	parts, err := g.AllGather(text)
	if err != nil {
		return nil, err
	}
	var all []loader.Skipped
	for _, part := range parts {
		var of []skip
		if err := json.Unmarshal(part, &of); err != nil {
			return nil, err
		}
		for _, s := range of {
			all = append(all, loader.Skipped{Sample: s.Sample, Name: s.Name, Err: errors.New(strings.TrimSpace(s.Why))})
		}
	}
	slices.SortFunc(all, func(a, b loader.Skipped) int { return a.Sample - b.Sample })
	return all, nil
}
