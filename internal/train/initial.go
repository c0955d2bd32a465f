package train

import (
	"context"
	"errors"
	"slices"
	"strings"

	"csl/internal/checkpoint"
	"csl/internal/config"
	"csl/internal/model"
)

// initialWeights are random, or those of a checkpoint, with a new head where its classes are not
// those of the data.
func initialWeights(ctx context.Context, c *config.Config, classes []string, log logger) (*model.Weights, error) {
	spec, err := Spec(c.Model, len(classes))
	if err != nil {
		return nil, err
	}
	w, err := model.NewWeights(spec)
	if err != nil {
		return nil, err
	}
	w.Init(c.Train.Seed)
	if c.Model.Path == "" {
		return w, nil
	}
	f, err := checkpoint.Open(c.Model.Path)
	if err != nil {
		return nil, err
	}
	return w, errors.Join(load(ctx, f, w, classes, log), f.Close())
}

// load fills w from a checkpoint. The head stays as it is unless it fits: in shape and, where the
// checkpoint names its classes, in their order.
func load(ctx context.Context, f *checkpoint.File, w *model.Weights, classes []string, log logger) error {
	sd, err := checkpoint.Interpret(f)
	if err != nil {
		return err
	}
	random := w.Clone()
	diff, err := sd.Load(ctx, w, false)
	if err != nil {
		return err
	}
	var theirs []string
	for _, c := range sd.Classes() {
		theirs = append(theirs, c.Name)
	}
	switch {
	case theirs != nil && !slices.Equal(theirs, classes):
		log.Warn("initial weights: the classes of " + f.Path + " are not those of the data: the head starts at random")
		return copyHead(w, random)
	case !diff.Empty():
		log.Warn("initial weights from " + f.Path + ": " + diff.String())
	}
	return nil
}

// copyHead copies the head's tensors.
func copyHead(to, from *model.Weights) error {
	for _, e := range to.Entries() {
		if !strings.HasPrefix(e.Name, "head.") {
			continue
		}
		shape, data, _ := from.Get(e.Name) // every tensor of to is one of from
		if err := to.Set(e.Name, shape, data); err != nil {
			return err
		}
	}
	return nil
}
